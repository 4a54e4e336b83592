/**
 * A small deterministic mesh for tests of failure detection: directories, detectors, witness desks and audits of n nodes over a
 * simulated network, driven as a shell drives them. Links are a ring with chords, broadcasts are flooded along them. Datagrams
 * (ping, pong) may be lost, everything else is only delayed by loss. Killed nodes fall silent; frozen ones stand still, timers
 * and all, and find what has come when they thaw.
 */
import { EventQueue } from "../../gossip/testing/event-queue.js";
import { seededRandom } from "../../gossip/testing/prng.js";
import {
  type Accusation,
  type Obituary,
  obituarySignatureInput,
  signObituary,
  verifyObituary,
  verifyWitness,
} from "../../wire/obituary.js";
import type { IndirectReply } from "../../wire/probe.js";
import { Audit, type AuditEvent, type AuditOutput } from "../audit.js";
import { Detector } from "../detector.js";
import type { DetectorEvent, DetectorOutput } from "../detector-events.js";
import { Directory } from "../directory.js";
import type { ObituarySource } from "../obituary-rules.js";
import type { SignedRecord } from "../types.js";
import { WitnessDesk } from "../witness.js";
import { testHash, testId, testSigned } from "./records.js";
import { testSigner, testVerify } from "./signatures.js";

export interface MiniMeshOptions {
  readonly nodes: number;
  readonly seed: number;
  /** Of datagrams; other messages are delayed by `RETRANSMIT_MS` instead. */
  readonly loss?: number;
  readonly minLatencyMs?: number;
  readonly maxLatencyMs?: number;
}

interface MiniNode {
  readonly id: string;
  readonly directory: Directory;
  readonly detector: Detector;
  readonly audit: Audit;
  readonly desk: WitnessDesk;
  readonly neighbors: Set<string>;
  /** When each peer was last heard. */
  readonly heardAtMs: Map<string, number>;
  readonly seen: Set<string>;
  /** Token of the newest timer of each machine. */
  readonly timers: { detector: number; audit: number };
  sequence: number;
  dead: boolean;
  frozenUntilMs: number;
}

interface Due {
  readonly node: string;
  readonly run: () => void;
}

export interface Verdict {
  readonly observer: string;
  readonly accused: string;
  readonly atMs: number;
}

const RETRANSMIT_MS = 200;
const MESH = "mesh1";

export class MiniMesh {
  nowMs = 0;
  /** Obituaries issued, in order. */
  readonly floods: Obituary[] = [];
  /** Deaths applied, in order. */
  readonly verdicts: Verdict[] = [];
  probes = 0;
  readonly #nodes = new Map<string, MiniNode>();
  readonly #queue = new EventQueue<Due>();
  readonly #random: () => number;
  #loss: number;
  readonly #minLatencyMs: number;
  readonly #maxLatencyMs: number;
  readonly ids: readonly string[];

  constructor(options: MiniMeshOptions) {
    this.#random = seededRandom(options.seed);
    this.#loss = options.loss ?? 0;
    this.#minLatencyMs = options.minLatencyMs ?? 10;
    this.#maxLatencyMs = options.maxLatencyMs ?? 50;
    this.ids = Array.from({ length: options.nodes }, (_, number) => testId(number));
    for (const id of this.ids) this.#nodes.set(id, this.#make(id));
    this.#connect();
    for (const node of this.#nodes.values()) {
      for (const { id } of this.#nodes.values()) {
        const neighbors = [...this.#nodes.get(id)!.neighbors];
        const signed = testSigned({ id, neighbors });
        if (id === node.id) node.directory.setOwn(signed, 0);
        else node.directory.apply(signed, {}, 0);
      }
      this.#later(node.id, this.#random() * 1_000, () => {
        for (const peer of node.neighbors) this.#detect(node, { kind: "neighbor-up", peer });
        this.#look(node, { kind: "tick" });
      });
    }
  }

  node(id: string): MiniNode {
    return this.#nodes.get(id)!;
  }

  kill(id: string): void {
    this.node(id).dead = true;
  }

  freeze(id: string, forMs: number): void {
    this.node(id).frozenUntilMs = this.nowMs + forMs;
  }

  /** From now on no datagram is lost. */
  calm(): void {
    this.#loss = 0;
  }

  /** Nodes that are not dead. */
  survivors(): MiniNode[] {
    return [...this.#nodes.values()].filter(({ dead }) => !dead);
  }

  runTo(untilMs: number): void {
    for (;;) {
      const atMs = this.#queue.peekMs();
      if (atMs === undefined || atMs > untilMs) break;
      const { event } = this.#queue.pop()!;
      this.nowMs = Math.max(this.nowMs, atMs);
      const node = this.#nodes.get(event.node)!;
      if (node.dead) continue;
      if (node.frozenUntilMs > this.nowMs) this.#queue.push(node.frozenUntilMs, event);
      else event.run();
    }
    this.nowMs = untilMs;
  }

  /** Lets anybody broadcast anything: for hostile obituaries. */
  inject(at: string, obituary: Obituary): void {
    this.#receive(this.node(at), obituary);
  }

  #make(id: string): MiniNode {
    const directory = new Directory({ mesh: MESH, self: id, hash: testHash });
    const detector = new Detector({ members: directory, role: "member", random: this.#random });
    const { health } = detector;
    const isWatched = (peer: string) => detector.isWatched(peer);
    return {
      id,
      directory,
      detector,
      audit: new Audit({ members: directory, role: "member", health, random: this.#random, isWatched }),
      desk: new WitnessDesk(directory, health),
      neighbors: new Set(),
      heardAtMs: new Map(),
      seen: new Set(),
      timers: { detector: 0, audit: 0 },
      sequence: 1,
      dead: false,
      frozenUntilMs: 0,
    };
  }

  /** A ring, and chords at random up to five links each. */
  #connect(): void {
    const link = (a: string, b: string) => {
      this.node(a).neighbors.add(b);
      this.node(b).neighbors.add(a);
    };
    const { ids } = this;
    for (const [index, id] of ids.entries()) link(id, ids[(index + 1) % ids.length]!);
    for (let attempt = 0; attempt < 20 * ids.length; attempt++) {
      const a = ids[Math.floor(this.#random() * ids.length)]!;
      const b = ids[Math.floor(this.#random() * ids.length)]!;
      if (a !== b && this.node(a).neighbors.size < 5 && this.node(b).neighbors.size < 5) link(a, b);
    }
  }

  #later(node: string, afterMs: number, run: () => void): void {
    this.#queue.push(this.nowMs + afterMs, { node, run });
  }

  #latencyMs(): number {
    return this.#minLatencyMs + this.#random() * (this.#maxLatencyMs - this.#minLatencyMs);
  }

  #deliver(from: MiniNode, to: string, reliable: boolean, run: (node: MiniNode) => void): void {
    const lost = this.#random() < this.#loss;
    if (lost && !reliable) return;
    this.#later(to, this.#latencyMs() + (lost ? RETRANSMIT_MS : 0), () => {
      const node = this.node(to);
      node.heardAtMs.set(from.id, this.nowMs);
      this.#detect(node, { kind: "heard", peer: from.id });
      run(node);
    });
  }

  #ping(from: MiniNode, to: string, onPong: () => void): void {
    this.probes++;
    this.#deliver(from, to, false, (node) => {
      this.#detect(node, { kind: "probed", peer: from.id });
      this.#deliver(node, from.id, false, onPong);
    });
  }

  /** Pings every 500 ms until the first answer or the end of the budget. */
  #tryToReach(node: MiniNode, target: string, budgetMs: number, done: (reached: boolean) => void): void {
    let ended = false;
    const end = (reached: boolean) => {
      if (ended) return;
      ended = true;
      done(reached);
    };
    for (let afterMs = 0; afterMs < budgetMs; afterMs += 500) {
      this.#later(node.id, afterMs, () => ended || this.#ping(node, target, () => end(true)));
    }
    this.#later(node.id, budgetMs, () => end(false));
  }

  #ask(
    node: MiniNode,
    helper: string,
    asked: Accusation,
    budgetMs: number,
    answer: (reply: IndirectReply) => void,
  ): void {
    this.#deliver(node, helper, true, (desk) => {
      const respond = (reply: IndirectReply) =>
        this.#deliver(desk, node.id, true, () => {
          if (reply.outcome === "unreached") {
            const { generation, sequence, signature } = reply;
            if (!verifyWitness({ ...asked, generation, sequence }, { id: helper, signature }, testVerify)) return;
          }
          answer(reply);
        });
      const decision = desk.desk.accept(node.id, asked, budgetMs, this.#heardAgo(desk, asked.accused), this.nowMs);
      if (decision.kind === "reply") {
        respond(decision.reply);
        return;
      }
      this.#tryToReach(desk, asked.accused, decision.budgetMs, (reached) => {
        const verdict = desk.desk.settle(asked, reached ? 0 : undefined, this.nowMs);
        if (verdict.kind === "reply") respond(verdict.reply);
        else {
          const { generation, sequence } = verdict.accusation;
          const signature = testSigner(desk.id)(obituarySignatureInput(verdict.accusation, "witness"));
          respond({ outcome: "unreached", generation, sequence, signature });
        }
      });
    });
  }

  #heardAgo(node: MiniNode, peer: string): number | undefined {
    const heardAtMs = node.heardAtMs.get(peer);
    return heardAtMs === undefined ? undefined : this.nowMs - heardAtMs;
  }

  #detect(node: MiniNode, event: DetectorEvent): void {
    const { outputs, nextAtMs } = node.detector.handle(event, this.nowMs);
    this.#arm(node, "detector", nextAtMs, () => this.#detect(node, { kind: "tick" }));
    for (const output of outputs) this.#carryOut(node, output);
  }

  #look(node: MiniNode, event: AuditEvent): void {
    const { outputs, nextAtMs } = node.audit.handle(event, this.nowMs);
    this.#arm(node, "audit", nextAtMs, () => this.#look(node, { kind: "tick" }));
    for (const output of outputs) this.#carryOut(node, output);
  }

  #arm(node: MiniNode, which: "detector" | "audit", atMs: number, tick: () => void): void {
    const token = ++node.timers[which];
    if (!Number.isFinite(atMs)) return;
    this.#later(node.id, Math.max(0, atMs - this.nowMs), () => {
      if (node.timers[which] === token) tick();
    });
  }

  #carryOut(node: MiniNode, output: DetectorOutput | AuditOutput): void {
    switch (output.kind) {
      case "send-probe":
        this.#ping(node, output.peer, () => {});
        break;
      case "ask-indirect": {
        const { helper, accusation, budgetMs } = output;
        const target = accusation.accused;
        this.#ask(node, helper, accusation, budgetMs, (reply) =>
          this.#detect(node, { kind: "indirect-result", target, helper, reply }),
        );
        break;
      }
      case "ask": {
        const { helper, accusation, budgetMs } = output;
        const target = accusation.accused;
        this.#ask(node, helper, accusation, budgetMs, (reply) =>
          this.#look(node, { kind: "answer", target, helper, reply }),
        );
        break;
      }
      case "dial":
        this.#tryToReach(node, output.peer, output.budgetMs, (reached) =>
          this.#look(node, { kind: "dialed", target: output.peer, reached }),
        );
        break;
      case "suspected":
        node.directory.suspect(output.peer, this.nowMs);
        break;
      case "refuted":
        node.directory.clearSuspicion(output.peer, this.nowMs);
        break;
      case "issue-obituary": {
        const obituary = signObituary(output.accusation, node.id, testSigner(node.id), output.witness);
        this.floods.push(obituary);
        for (const peer of output.tell) {
          this.#deliver(node, peer, true, (to) => {
            this.#apply(to, obituary, { heardAgoMs: this.#heardAgo(to, obituary.accused) });
          });
        }
        this.#receive(node, obituary);
        break;
      }
      case "confirm-obituary":
        this.#apply(node, output.obituary, {});
        break;
      case "tell-accused":
        this.#deliver(node, output.peer, true, (accused) => this.#apply(accused, output.obituary, {}));
        break;
      case "drop-link":
        this.#detect(node, { kind: "neighbor-down", peer: output.peer });
        break;
      case "repair-link":
        break;
      default:
        output satisfies never;
    }
  }

  #flood(node: MiniNode, key: string, receive: (to: MiniNode) => void): void {
    node.seen.add(key);
    for (const peer of node.neighbors) {
      this.#deliver(node, peer, true, (to) => {
        if (!to.seen.has(key)) receive(to);
      });
    }
  }

  /** An obituary by gossip: carried on by everybody, applied by who may. */
  #receive(node: MiniNode, obituary: Obituary): void {
    this.#flood(node, String(obituary.bytes), (to) => this.#receive(to, obituary));
    this.#apply(node, obituary, { heardAgoMs: this.#heardAgo(node, obituary.accused) });
  }

  #apply(node: MiniNode, obituary: Obituary, source: ObituarySource): void {
    const { accused } = obituary;
    if (!node.directory.wantsObituary(obituary, source) || !verifyObituary(obituary, testVerify)) return;
    const outcome = node.directory.applyObituary(obituary, source, this.nowMs);
    if (outcome.kind === "applied") {
      this.verdicts.push({ observer: node.id, accused, atMs: this.nowMs });
      this.#detect(node, { kind: "gone", peer: accused });
      this.#look(node, { kind: "died", peer: accused });
    } else if (outcome.kind === "contradicted") {
      this.#deliver(node, accused, true, (to) => this.#apply(to, obituary, {}));
    } else if (outcome.kind === "self") {
      this.#detect(node, { kind: "accused" });
      node.sequence = Math.max(node.sequence, outcome.refuteAbove) + 1;
      const signed = testSigned({ id: node.id, sequence: node.sequence, neighbors: [...node.neighbors] });
      node.directory.setOwn(signed, this.nowMs);
      this.#publish(node, signed);
    }
  }

  #publish(node: MiniNode, signed: SignedRecord): void {
    this.#flood(node, `${signed.record.id}/${signed.record.sequence}`, (to) => {
      to.directory.apply(signed, {}, this.nowMs);
      this.#publish(to, signed);
    });
  }
}
