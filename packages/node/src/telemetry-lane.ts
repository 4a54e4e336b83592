/**
 * Telemetry over the mesh (tag 0x05): batches of this node to one that has an intake, batches of others into the intake of this one, or
 * on to one that has.
 *
 * 1. Who sends must share a topic with this node: a member or an observer of one of its meshes.
 * 2. The intake is at a node of type `console`, known from a directory or met as a peer. Who knows none asks those it is linked with,
 *    which pass a batch on once.
 * 3. What is under way is bounded; beyond it senders are told to come later, and keep what they have.
 *
 * Owner: the node. Streams end with their answer, or after 5 s.
 */
import {
  decodeTelemetryAnswer,
  decodeTelemetryBatch,
  encodeTelemetryAnswer,
  encodeTelemetryBatch,
  MAX_TELEMETRY_HOPS,
  parseName,
  type TelemetryAnswer,
  type TelemetryBatch,
  type TelemetryKind,
} from "@meshwork/protocol";
import { type InboundStream, StreamTag, type Transport } from "@meshwork/transport";
import type { Directories } from "./directories.js";
import type { MeshTopic } from "./meshes.js";

const INTAKE_TYPE = "console";
const EXCHANGE_TIMEOUT_MS = 5_000;
const MAX_UNDER_WAY = 16;
const MAX_UNDER_WAY_PER_PEER = 2;
/** Links that are asked for an intake at one attempt, after the consoles. */
const MAX_ASKED = 3;

/** Takes a batch in; throws where it is none. False: not now. */
export type TakeTelemetry = (kind: TelemetryKind, body: Uint8Array) => boolean;

export interface TelemetryLaneOptions {
  readonly self: string;
  readonly transport: Transport;
  readonly topics: readonly MeshTopic[];
  readonly directories: Pick<Directories, "entries" | "byId">;
  readonly random: () => number;
}

export class TelemetryLane {
  readonly #options: TelemetryLaneOptions;
  readonly #topics: ReadonlySet<string>;
  readonly #underWay = new Map<string, number>();
  #take: TakeTelemetry | undefined;
  /** Who took the last one. */
  #taker: string | undefined;
  #streams = 0;
  #refused = 0;
  #passedOn = 0;

  constructor(options: TelemetryLaneOptions) {
    this.#options = options;
    this.#topics = new Set(options.topics.map(({ topic }) => topic));
  }

  open(): void {
    this.#options.transport.handleStreams(StreamTag.telemetry, (stream) => this.#accept(stream));
  }

  /** This node has an intake. Returns the removal. */
  take(take: TakeTelemetry): () => void {
    this.#take = take;
    return () => {
      if (this.#take === take) this.#take = undefined;
    };
  }

  sizes(): Record<string, number> {
    return { telemetryStreams: this.#streams, telemetryRefused: this.#refused, telemetryPassedOn: this.#passedOn };
  }

  /** `later` where nobody was found who takes it. */
  async deliver(kind: TelemetryKind, body: Uint8Array): Promise<TelemetryAnswer> {
    const batch = { kind, hops: 0, body };
    for (const peer of this.#candidates()) {
      const answer = await this.#hand(peer, batch);
      if (answer === "taken") this.#taker = peer;
      if (answer === "taken" || answer === "refused") return answer;
      if (this.#taker === peer) this.#taker = undefined;
    }
    return "later";
  }

  /** Consoles first, then who took the last one, then some of those that this node is linked with. */
  #candidates(): string[] {
    const { transport, random } = this.#options;
    const linked = transport
      .peers()
      .filter(({ hello }) => hello !== undefined && this.#isOfOurs(hello.topics))
      .map(({ id }) => ({ id, order: random() }))
      .sort((a, b) => a.order - b.order)
      .slice(0, MAX_ASKED);
    const taker = this.#taker === undefined ? [] : [this.#taker];
    return [...new Set([...this.#consoles(), ...taker, ...linked.map(({ id }) => id)])];
  }

  #consoles(): string[] {
    const { directories, transport, self } = this.#options;
    const listed = directories.entries({ type: INTAKE_TYPE }).map(({ id }) => id);
    const met = transport
      .peers()
      .filter(({ hello }) => hello !== undefined && this.#isOfOurs(hello.topics) && isConsole(hello.name))
      .map(({ id }) => id);
    return [...new Set([...listed, ...met])].filter((id) => id !== self);
  }

  async #hand(peer: string, batch: TelemetryBatch): Promise<TelemetryAnswer> {
    const { transport, directories } = this.#options;
    const entry = directories.byId(peer);
    if (entry !== undefined) transport.learnAddresses(peer, entry.record.addresses);
    let end = () => {};
    const deadline = setTimeout(() => end(), EXCHANGE_TIMEOUT_MS);
    deadline.unref();
    try {
      const { send, recv } = await transport.openBi(peer, StreamTag.telemetry);
      end = () => {
        recv.stop(0);
        send.reset(0);
      };
      await send.write(encodeTelemetryBatch(batch));
      await send.finish();
      const answer = await recv.next();
      return answer === null ? "later" : decodeTelemetryAnswer(answer);
    } catch {
      end();
      return "later";
    } finally {
      clearTimeout(deadline);
    }
  }

  async #accept({ peerId, recv, send }: InboundStream): Promise<void> {
    if (send === undefined) return recv.stop(0);
    const deadline = setTimeout(() => {
      recv.stop(0);
      send.reset(0);
    }, 2 * EXCHANGE_TIMEOUT_MS);
    deadline.unref();
    const before = this.#underWay.get(peerId) ?? 0;
    this.#streams++;
    this.#underWay.set(peerId, before + 1);
    try {
      const answer = await this.#answer(peerId, before, () => recv.next());
      if (answer === "refused") this.#refused++;
      await send.write(encodeTelemetryAnswer(answer));
      await send.finish();
      recv.stop(0);
    } finally {
      clearTimeout(deadline);
      this.#streams--;
      const left = (this.#underWay.get(peerId) ?? 1) - 1;
      if (left > 0) this.#underWay.set(peerId, left);
      else this.#underWay.delete(peerId);
    }
  }

  async #answer(peerId: string, before: number, read: () => Promise<Uint8Array | null>): Promise<TelemetryAnswer> {
    const hello = this.#options.transport.peer(peerId)?.hello;
    if (hello === undefined || !this.#isOfOurs(hello.topics)) return "refused";
    if (before >= MAX_UNDER_WAY_PER_PEER || this.#streams > MAX_UNDER_WAY) return "later";
    const frame = await read();
    if (frame === null) return "refused";
    const batch = decodeTelemetryBatch(frame);
    if (this.#take !== undefined) return this.#taken(this.#take, batch);
    if (batch.hops >= MAX_TELEMETRY_HOPS) return "no-intake";
    for (const console of this.#consoles()) {
      const answer = await this.#hand(console, { ...batch, hops: batch.hops + 1 });
      if (answer === "taken") this.#passedOn++;
      if (answer !== "no-intake") return answer;
    }
    return "no-intake";
  }

  #taken(take: TakeTelemetry, { kind, body }: TelemetryBatch): TelemetryAnswer {
    try {
      return take(kind, body) ? "taken" : "later";
    } catch {
      return "refused";
    }
  }

  #isOfOurs(topics: readonly string[]): boolean {
    return topics.some((topic) => this.#topics.has(topic));
  }
}

function isConsole(name: string): boolean {
  return parseName(name)?.type === INTAKE_TYPE;
}
