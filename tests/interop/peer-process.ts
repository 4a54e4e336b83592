/**
 * A gossip peer in a process of its own, Rust or TypeScript: starts it, reads its events, gives it commands. Everything that a
 * test waits for is an event, and a wait that fails tells what came instead.
 * Owner: the test that started it; `stopAll` in its afterEach ends what is left, and a peer whose parent dies ends by itself.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

export type PeerEvent = { readonly event: string } & Readonly<Record<string, any>>;
export type PeerKind = "rust" | "ts";

export interface PeerOptions {
  readonly topic: string;
  readonly bootstrap?: readonly PeerProcess[];
  readonly bootstrapSeeds?: readonly string[];
  /** 64 hex digits. */
  readonly secret?: string;
  readonly shuffleMs?: number;
  /** TypeScript only. */
  readonly idleMs?: number;
  /** TypeScript only. */
  readonly joinRetryMs?: number;
  /** TypeScript only: a fault, by the kind of message that it befalls. */
  readonly swallow?: string;
  readonly garble?: string;
}

export interface PeerReport {
  readonly foreign: Record<"sent" | "received", Record<string, number>>;
  readonly own: Record<"sent" | "received", Record<string, number>>;
  readonly violations: readonly string[];
  readonly neighbors: readonly string[];
  readonly peers: readonly { id: string; alpn: string; connections: number }[];
  readonly sizes: Record<string, number>;
  readonly closed: Record<string, number>;
  readonly droppedFrames: number;
}

const WAIT_MS = 15_000;
const running = new Set<PeerProcess>();
process.on("exit", () => {
  for (const peer of running) peer.child.kill("SIGKILL");
});

export class PeerProcess {
  readonly kind: PeerKind | "node";
  readonly child: ChildProcessWithoutNullStreams;
  /** All of them, from the start: a test's peer lives for seconds. */
  readonly events: PeerEvent[] = [];
  readonly exited: Promise<number | null>;
  id = "";
  address = "";
  readonly #waiting = new Set<() => void>();
  #errors = "";
  #ended = false;

  constructor(kind: PeerKind | "node", command: string, args: readonly string[]) {
    this.kind = kind;
    this.child = spawn(command, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, RUST_BACKTRACE: "0", RUST_LOG: process.env.MESH_INTEROP_RUST_LOG ?? "off" },
    });
    running.add(this);
    this.child.stdin.on("error", () => {}); // a command to a peer that has just ended
    this.child.stderr.on("data", (chunk) => {
      this.#errors = (this.#errors + chunk).slice(-4_000);
    });
    this.exited = new Promise((resolve) => {
      const ended = (code: number | null) => {
        running.delete(this);
        this.#ended = true;
        for (const look of this.#waiting) look();
        resolve(code);
      };
      this.child.once("exit", ended);
      this.child.once("error", (error) => {
        this.#errors += error.message;
        ended(null);
      });
    });
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      this.events.push({ ...(JSON.parse(line) as PeerEvent), atMs: performance.now() });
      for (const look of this.#waiting) look();
    });
  }

  get seed(): string {
    return `${this.id}@${this.address}`;
  }

  get name(): string {
    return `${this.kind} ${this.id.slice(0, 6)}`;
  }

  command(line: string): void {
    this.child.stdin.write(`${line}\n`);
  }

  /** The first event from `since` on that `wanted` likes. */
  async waitFor(
    what: string,
    wanted: (event: PeerEvent) => boolean,
    { since = 0, timeoutMs = WAIT_MS }: { since?: number; timeoutMs?: number } = {},
  ): Promise<PeerEvent> {
    return this.until(what, () => this.events.slice(since).find(wanted), timeoutMs);
  }

  /** Looks again with each event of this peer, until there is something. */
  until<T>(what: string, look: () => T | undefined, timeoutMs = WAIT_MS): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(again);
        act();
      };
      const fail = (why: string) =>
        settle(() => {
          const last = this.events.slice(-12).map((event) => JSON.stringify(event).slice(0, 160));
          reject(new Error(`${this.name}: ${what}: ${why}; its last events:\n  ${last.join("\n  ")}\n${this.#errors}`));
        });
      const again = () => {
        const found = look();
        if (found !== undefined) settle(() => resolve(found));
        else if (this.#ended) fail("the process has ended");
      };
      const timer = setTimeout(() => fail(`not within ${timeoutMs} ms`), timeoutMs);
      this.#waiting.add(again);
      again();
    });
  }

  /** Neighbours by the events so far. */
  get neighbors(): Set<string> {
    const neighbors = new Set<string>();
    for (const event of this.events) {
      if (event.event === "neighbor-up") neighbors.add(event.peer);
      else if (event.event === "neighbor-down") neighbors.delete(event.peer);
    }
    return neighbors;
  }

  get received(): PeerEvent[] {
    return this.events.filter((event) => event.event === "received");
  }

  async report(): Promise<PeerReport & Record<string, any>> {
    const since = this.events.length;
    this.command("report");
    return (await this.waitFor("report", (event) => event.event === "report", { since })) as never;
  }

  async quit(): Promise<void> {
    this.command("quit");
    await this.exited;
  }

  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.exited;
  }
}

async function ready(peer: PeerProcess): Promise<PeerProcess> {
  const event = await peer.waitFor("ready", (each) => each.event === "ready");
  peer.id = event.id;
  peer.address = event.address;
  return peer;
}

/** Resolves when the peer listens; it joins in the background. */
export function startPeer(kind: PeerKind, options: PeerOptions): Promise<PeerProcess> {
  const args = ["--topic", options.topic];
  for (const seed of [...(options.bootstrap ?? []).map((peer) => peer.seed), ...(options.bootstrapSeeds ?? [])])
    args.push("--bootstrap", seed);
  if (options.secret !== undefined) args.push("--secret", options.secret);
  if (options.shuffleMs !== undefined) args.push("--shuffle-ms", String(options.shuffleMs));
  if (kind === "rust") return ready(new PeerProcess("rust", rustBinary("peer"), args));
  if (options.idleMs !== undefined) args.push("--idle-ms", String(options.idleMs));
  if (options.joinRetryMs !== undefined) args.push("--join-retry-ms", String(options.joinRetryMs));
  if (options.swallow !== undefined) args.push("--swallow", options.swallow);
  if (options.garble !== undefined) args.push("--garble", options.garble);
  return ready(new PeerProcess("ts", process.execPath, [join(import.meta.dirname, "ts-peer.mjs"), ...args]));
}

export function startNodeProcess(options: Record<string, unknown>): Promise<PeerProcess> {
  const script = join(import.meta.dirname, "node-process.mjs");
  return ready(new PeerProcess("node", process.execPath, ["--no-deprecation", script, JSON.stringify(options)]));
}

export function rustBinary(name: "peer" | "vectors"): string {
  const directory = process.env.MESH_INTEROP_BIN;
  if (directory === undefined) throw new Error("MESH_INTEROP_BIN is not set: run this by `npm run test:interop`");
  return join(directory, name);
}

/** For afterEach. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((peer) => peer.kill()));
}

/** `up` when `peer` has `other` as neighbour. */
export function linked(peer: PeerProcess, other: PeerProcess, timeoutMs = WAIT_MS): Promise<true> {
  return peer.until(`neighbour ${other.name}`, () => (peer.neighbors.has(other.id) ? true : undefined), timeoutMs);
}

export function unlinked(peer: PeerProcess, other: PeerProcess, timeoutMs = WAIT_MS): Promise<true> {
  return peer.until(`no neighbour ${other.name}`, () => (peer.neighbors.has(other.id) ? undefined : true), timeoutMs);
}

export function hex(text: string): string {
  return Buffer.from(text).toString("hex");
}

/** Resolves when `peer` has received this content. */
export async function hears(peer: PeerProcess, content: string, timeoutMs = WAIT_MS): Promise<PeerEvent> {
  return peer.until(
    `content ${content.slice(0, 40)}`,
    () => peer.events.find((event) => event.event === "received" && event.content === content),
    timeoutMs,
  );
}
