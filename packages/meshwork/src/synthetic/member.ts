/**
 * A synthetic member on the wire: signed records under its own key, and an endpoint on the network inside the process that answers
 * pings and stats subscriptions as a node does. Its figures are made up; that it makes them up is all that it makes up.
 *
 * Owner: SyntheticMesh. The endpoint ends with the member's life or with the mesh.
 */
import { randomBytes } from "node:crypto";
import { type NodeStats, VERSION } from "@meshwork/node";
import { type MeshTopic, StatsServer } from "@meshwork/node/parts";
import {
  type Accusation,
  type LoadClass,
  nodeName,
  obituarySignatureInput,
  PROTOCOL_VERSION,
  type SignedRecord,
  signObituary,
  signRecord,
} from "@meshwork/protocol";
import type { KeyPair } from "@meshwork/simulator";
import { createMemoryTransport, type MemoryNetwork, StreamTag, type Transport } from "@meshwork/transport";
import { budgetOf } from "../up/budgets.js";

const GIB = 1024 ** 3;
/** Share of the CPU budget that a class stands for. */
const SHARE: Readonly<Record<LoadClass, number>> = { idle: 0.04, normal: 0.3, high: 0.7, full: 0.95 };
const CLASSES = ["idle", "normal", "high", "full"] as const;

export interface MemberOptions {
  readonly mesh: MeshTopic;
  readonly type: string;
  readonly keys: KeyPair;
  readonly network: MemoryNetwork;
  readonly random: () => number;
  readonly neighbors: () => readonly string[];
  readonly refreshIntervalMs: number;
}

export class SyntheticMember {
  readonly id: string;
  readonly name: string;
  readonly #options: MemberOptions;
  readonly #budget: { readonly cpuBudgetCores: number; readonly ramBudgetBytes: number };
  #generation = 0;
  #sequence = 0;
  #bootNonce = "";
  #startedAtMs = 0;
  #load: LoadClass = "normal";
  #transport: Transport | undefined;
  #stats: StatsServer | undefined;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.id = options.keys.id;
    this.name = nodeName(options.mesh.mesh, options.type, this.id);
    this.#budget = { cpuBudgetCores: 1, ramBudgetBytes: GIB, ...budgetOf(options.type) };
    this.#drawLoad();
  }

  /** A life begins. */
  start(): void {
    const { network, mesh } = this.#options;
    this.#generation++;
    this.#sequence = 0;
    this.#bootNonce = randomBytes(8).toString("hex");
    this.#startedAtMs = performance.now();
    const transport = createMemoryTransport(network, {
      id: this.id,
      hello: {
        protocolVersion: PROTOCOL_VERSION,
        bootNonce: this.#bootNonce,
        mesh: mesh.mesh,
        topics: [mesh.topic],
        role: "member",
        name: this.name,
      },
    });
    const stats = new StatsServer(
      () => this.#figures(transport),
      () => {},
    );
    transport.handleStreams(StreamTag.stats, (stream) => stats.accept(stream));
    this.#transport = transport;
    this.#stats = stats;
  }

  /** In silence, as SIGKILL ends a process; or with its connections closed. */
  async end(how: "silently" | "closing"): Promise<void> {
    const transport = this.#transport;
    this.#stats?.stop();
    this.#transport = undefined;
    this.#stats = undefined;
    if (how === "silently") this.#options.network.kill(this.id);
    await transport?.close("shutdown");
  }

  /** Another class than before. */
  changeLoad(): void {
    const before = this.#load;
    while (this.#load === before) this.#drawLoad();
  }

  /** The next record. */
  record(status: "alive" | "leaving" = "alive"): SignedRecord {
    const { mesh, type, neighbors, keys, refreshIntervalMs } = this.#options;
    this.#sequence++;
    return signRecord(
      {
        id: this.id,
        bootNonce: this.#bootNonce,
        mesh: mesh.mesh,
        type,
        generation: this.#generation,
        sequence: this.#sequence,
        addresses: this.#transport?.boundAddresses() ?? [],
        version: VERSION,
        startedAtMs: Math.round(performance.timeOrigin + this.#startedAtMs),
        neighbors: [...neighbors()],
        loadClass: this.#load,
        ...this.#used(),
        ...this.#budget,
        framesSent: 0,
        framesReceived: 0,
        refreshIntervalMs,
        status,
      },
      keys.sign,
    );
  }

  /** The obituary of this member, signed by these two. */
  obituary(issuer: SyntheticMember, witness: SyntheticMember): Uint8Array {
    const accusation: Accusation = {
      mesh: this.#options.mesh.mesh,
      accused: this.id,
      generation: this.#generation,
      sequence: this.#sequence,
    };
    const signature = Uint8Array.from(witness.#options.keys.sign(obituarySignatureInput(accusation, "witness")));
    return signObituary(accusation, issuer.id, issuer.#options.keys.sign, { id: witness.id, signature }).bytes;
  }

  #drawLoad(): void {
    this.#load = CLASSES[Math.floor(this.#options.random() * CLASSES.length)] ?? "normal";
  }

  #used() {
    const share = SHARE[this.#load] * (0.9 + 0.2 * this.#options.random());
    const { cpuBudgetCores, ramBudgetBytes } = this.#budget;
    return { cpuUsedCores: share * cpuBudgetCores, ramUsedBytes: Math.round((0.2 + 0.5 * share) * ramBudgetBytes) };
  }

  /** The process is the console's own, and its figures are real; CPU and RAM of the member are made up, its frames counted. */
  #figures(transport: Transport): NodeStats {
    const { mesh, type, neighbors } = this.#options;
    const { sent, received } = transport.counters;
    const count = (frames: Readonly<Record<string, { frames: number }>>) =>
      Object.values(frames).reduce((sum, kind) => sum + kind.frames, 0);
    const uptimeMs = performance.now() - this.#startedAtMs;
    const perMinute = (frames: number) => Math.round((frames * 60_000) / Math.max(uptimeMs, 1_000));
    return {
      ...{ id: this.id, name: this.name, mesh: mesh.mesh, type, uptimeMs },
      ...this.#used(),
      ...this.#budget,
      process: { pid: process.pid, shared: true, cpuUsedCores: 0, rssBytes: process.memoryUsage.rss() },
      framesSent: count(sent),
      framesReceived: count(received),
      frames: {},
      framesSentPerMinute: perMinute(count(sent)),
      framesReceivedPerMinute: perMinute(count(received)),
      activeViews: { [mesh.mesh]: [...neighbors()] },
      connections: transport.peers().length,
      connectionsOpened: transport.counters.connectionsOpened.inbound + transport.counters.connectionsOpened.outbound,
      directorySize: 0,
      telemetryDropped: 0,
      sizes: {},
    };
  }
}
