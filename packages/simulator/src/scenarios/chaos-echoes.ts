/**
 * Requests between simulated nodes, as a program would send them: one frame there, one back, on a lane of their own, dialling where
 * there is no connection. They are how a node finds out what its directory does not say: whether another answers, and how soon.
 *
 * Owner: ChaosStage. A request ends with its answer or its time-out.
 */
import type { Cluster } from "../node/cluster.js";

/** A request of 200 bytes, as the benchmarks have it. */
const ECHO_BYTES = 200;
const ECHO_TIMEOUT_MS = 4_000;

export interface Answer {
  readonly roundTripMs: number;
  /** Whether there was a connection when it was sent: a dial takes round trips of its own. */
  readonly wasConnected: boolean;
  /** The answering host's own clock, and true time when it came back. */
  readonly clockMs: number;
  readonly atMs: number;
}

interface EchoFrame {
  readonly echo: number;
  readonly clockMs?: number;
}

interface Waiting {
  readonly startedAtMs: number;
  readonly wasConnected: boolean;
  readonly done: (answer: Answer | undefined) => void;
}

export class Echoes {
  readonly #cluster: Cluster;
  readonly #waiting = new Map<number, Waiting>();
  /** Whoever asks hears nothing any more, not even that there was no answer. */
  deaf = false;
  #count = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    cluster.watch.frame = (node, from, lane, payload) => this.#onFrame(node, from, lane, payload as EchoFrame);
  }

  /** `done` gets undefined where nothing has come back in time. */
  ask(from: number, to: number, done: Waiting["done"], timeoutMs = ECHO_TIMEOUT_MS): void {
    const { network, world } = this.#cluster;
    const echo = ++this.#count;
    const wasConnected = network.connected(from, to);
    this.#waiting.set(echo, { startedAtMs: world.nowMs, wasConnected, done });
    network.send(from, to, -echo, { echo } satisfies EchoFrame, ECHO_BYTES);
    world.after(timeoutMs, () => this.#settle(echo, undefined));
  }

  #onFrame(node: number, from: number, lane: number, { echo, clockMs }: EchoFrame): void {
    const { network, world } = this.#cluster;
    if (clockMs === undefined) {
      const reply: EchoFrame = { echo, clockMs: world.hosts[node]!.now() };
      network.sendConnected(node, from, lane, reply, ECHO_BYTES);
      return;
    }
    network.endLane(node, from, lane);
    const { startedAtMs, wasConnected } = this.#waiting.get(echo) ?? {};
    if (startedAtMs === undefined || wasConnected === undefined) return;
    const { nowMs } = world;
    this.#settle(echo, { roundTripMs: nowMs - startedAtMs, wasConnected, clockMs, atMs: nowMs });
  }

  #settle(echo: number, answer: Answer | undefined): void {
    const waiting = this.#waiting.get(echo);
    if (waiting === undefined) return;
    this.#waiting.delete(echo);
    if (!this.deaf) waiting.done(answer);
  }
}

/** What an answer, or the lack of one, tells the witness: all that it has to know, or not yet. */
export type Tells = (answer: Answer | undefined, witness: number) => boolean;

/** Each witness asks the target again and again until it knows. */
export class Asking {
  readonly #echoes: Echoes;
  readonly #target: number;
  readonly #tells: Tells;
  readonly #timeoutMs: number | undefined;
  readonly #underWay = new Set<number>();
  readonly #known = new Set<number>();

  constructor(echoes: Echoes, target: number, tells: Tells, timeoutMs?: number) {
    this.#echoes = echoes;
    this.#target = target;
    this.#tells = tells;
    this.#timeoutMs = timeoutMs;
  }

  /** Whether the witness knows by now; asks where nothing is under way. */
  knows(witness: number): boolean {
    if (this.#known.has(witness)) return true;
    if (this.#underWay.has(witness)) return false;
    this.#underWay.add(witness);
    const done = (answer: Answer | undefined) => {
      this.#underWay.delete(witness);
      if (this.#tells(answer, witness)) this.#known.add(witness);
    };
    this.#echoes.ask(witness, this.#target, done, this.#timeoutMs);
    return false;
  }
}
