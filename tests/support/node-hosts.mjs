/**
 * Processes with nodes in them (node-host.mjs) for tests and benchmarks: start, close, SIGKILL and freeze them, and wait for what
 * their directories say. Times are milliseconds of the machine's monotonic clock, everywhere.
 *
 * @typedef {object} Change What a node's own directory said, and when.
 * @property {"joined" | "updated" | "left" | "suspected" | "refuted" | "dead" | "expired" | "lagged" | "first-neighbor"} kind
 * @property {string} id
 * @property {string} mesh
 * @property {number} generation
 * @property {number} sequence
 * @property {readonly string[]} [by]
 * @property {number} atMs
 *
 * @typedef {object} Entry A line of a node's directory.
 * @property {string} id
 * @property {string} name
 * @property {string} mesh
 * @property {string} state
 * @property {boolean} suspected
 * @property {number} generation
 * @property {number} sequence
 * @property {readonly string[]} addresses
 */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Of a node's life; a benchmark's node sees some thousands. */
const MAX_CHANGES = 50_000;
const DEFAULT_TIMEOUT_MS = 20_000;

/** The changes by which somebody ceases to be listed. */
export const GONE = ["dead", "left", "expired"];

export const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

/** A node in a host. A new start under the same identity is a new `HostedNode`. */
export class HostedNode {
  /** @type {Change[]} */
  changes = [];
  /** @type {Set<(change: Change) => void>} */
  #waiting = new Set();

  constructor(host, slot, dataDir, info) {
    this.host = host;
    this.slot = slot;
    /** @type {string} */
    this.dataDir = dataDir;
    /** @type {string} */
    this.id = info.id;
    /** @type {string} */
    this.name = info.name;
    /** @type {string} */
    this.mesh = info.mesh;
    /** @type {string} */
    this.type = info.type;
    /** @type {string} */
    this.seed = info.seed;
    /** @type {number} */
    this.bootMs = info.bootMs;
    /** @type {number} When it was ready. */
    this.readyAtMs = info.atMs;
    /** @type {readonly string[]} Whom it listed when it was ready. */
    this.known = info.known;
    /** @type {Set<string>} Whom it lists, as far as it has said so. */
    this.listed = new Set(info.known);
  }

  /** Of the process, not of the node. */
  get isAlive() {
    return this.host.isAlive;
  }

  note(change) {
    if (this.changes.length >= MAX_CHANGES) throw new Error(`${this.name} reported more than ${MAX_CHANGES} changes`);
    this.changes.push(change);
    if (change.kind === "joined") this.listed.add(change.id);
    else if (GONE.includes(change.kind)) this.listed.delete(change.id);
    for (const waiting of [...this.#waiting]) waiting(change);
  }

  /**
   * The first change that fits, of those since `sinceMs` or still to come.
   * @param {string} what
   * @param {(change: Change) => boolean} fits
   * @param {{ sinceMs?: number, timeoutMs?: number }} [options]
   * @returns {Promise<Change>}
   */
  async until(what, fits, { sinceMs = 0, timeoutMs = DEFAULT_TIMEOUT_MS } = {}) {
    const matches = (change) => change.atMs >= sinceMs && fits(change);
    const found = this.changes.find(matches);
    if (found !== undefined) return found;
    let stop = () => {};
    try {
      return await new Promise((resolve, reject) => {
        const waiting = (change) => matches(change) && resolve(change);
        const since = this.changes.filter((change) => change.atMs >= sinceMs).map(({ kind }) => kind);
        const timer = setTimeout(
          () => reject(new Error(`${this.name}: ${what}: not within ${timeoutMs} ms (before: ${since.slice(-20)})`)),
          timeoutMs,
        );
        stop = () => {
          clearTimeout(timer);
          this.#waiting.delete(waiting);
        };
        this.#waiting.add(waiting);
        this.host.exited.then(() => reject(new Error(`${this.name} ended while waiting: ${what}`)));
      });
    } finally {
      stop();
    }
  }

  /** @returns {Promise<readonly Entry[]>} */
  directory() {
    return this.host.call("directory", this.slot);
  }

  /** @returns {Promise<readonly { id: string, generation: number, state: string, by: readonly string[] }[]>} */
  departed() {
    return this.host.call("departed", this.slot);
  }

  /** @returns {Promise<readonly string[]>} */
  neighbors() {
    return this.host.call("neighbors", this.slot);
  }

  stats() {
    return this.host.call("stats", this.slot);
  }

  /**
   * @param {string} target
   * @param {string} body
   * @returns {Promise<string>}
   */
  request(target, body) {
    return this.host.call("request", this.slot, { target, body });
  }

  /**
   * Why it closed; undefined while it runs.
   * @returns {Promise<{ failure?: { code: string } } | undefined>}
   */
  closed() {
    return this.host.call("closed", this.slot);
  }

  /**
   * Resolves with the time at which it began to leave.
   * @returns {Promise<{ atMs: number }>}
   */
  close(reason = "test") {
    return this.host.call("close", this.slot, { reason });
  }
}

export class Host {
  /** By slot, which grow. @type {Map<number, HostedNode>} */
  #nodes = new Map();
  #calls = new Map();
  #slots = 0;
  #lastCall = 0;
  #ended = false;
  /** Changes that come before the answer to their node's start. */
  #early = [];

  /** `namespace`: a network namespace to run in. */
  constructor(dir, env = {}, namespace = undefined) {
    this.dir = dir;
    this.child = fork(new URL("./node-host.mjs", import.meta.url), {
      ...(namespace === undefined
        ? { execArgv: [] }
        : { execPath: "ip", execArgv: ["netns", "exec", namespace, process.execPath] }),
      // What the supervisor gives its nodes.
      env: { ...process.env, RUST_BACKTRACE: "0", TOKIO_WORKER_THREADS: "1", MALLOC_ARENA_MAX: "1", ...env },
    });
    /** @type {Promise<void>} */
    this.up = new Promise((resolve) => this.child.once("message", () => resolve()));
    /** @type {Promise<{ code: number | null, signal: string | null }>} */
    this.exited = new Promise((resolve) => {
      this.child.once("exit", (code, signal) => {
        this.#ended = true;
        for (const { reject } of this.#calls.values()) reject(new Error(`the host ended with ${signal ?? code}`));
        this.#calls.clear();
        resolve({ code, signal });
      });
    });
    this.child.on("message", (message) => this.#onMessage(message));
  }

  /** All that were started here, closed ones included. @returns {HostedNode[]} */
  get nodes() {
    return [...this.#nodes.values()];
  }

  /** @returns {number} */
  get pid() {
    return this.child.pid ?? 0;
  }

  get isAlive() {
    return !this.#ended;
  }

  /**
   * @param {Record<string, unknown>} options of `startNode`; without `dataDir` it gets a new one.
   * @returns {Promise<HostedNode>}
   */
  async start(options) {
    const slot = this.#slots++;
    const dataDir = options.dataDir ?? mkdtempSync(join(this.dir, "node-"));
    const info = await this.call("start", slot, { options: { type: "node", ...options, dataDir } });
    const node = new HostedNode(this, slot, dataDir, info);
    this.#nodes.set(slot, node);
    const early = this.#early.filter((change) => change.slot === slot);
    this.#early = this.#early.filter((change) => change.slot !== slot);
    for (const change of early) node.note(change);
    return node;
  }

  /** Number of entries in each node's directory. @returns {Promise<number[]>} */
  async sizes() {
    return (await this.call("sizes")).map(([, size]) => size);
  }

  /** @returns {Promise<any>} */
  call(kind, slot, input = {}) {
    if (this.#ended) return Promise.reject(new Error(`${kind}: the host has ended`));
    const call = ++this.#lastCall;
    return new Promise((resolve, reject) => {
      this.#calls.set(call, { resolve, reject });
      this.child.send({ ...input, kind, slot, call }, (error) => error && reject(error));
    });
  }

  /**
   * SIGKILL; resolves with the time just before it once the process is gone.
   * @returns {Promise<number>}
   */
  async kill() {
    const atMs = nowMs();
    this.child.kill("SIGKILL");
    await this.exited;
    return atMs;
  }

  freeze() {
    this.child.kill("SIGSTOP");
    return nowMs();
  }

  thaw() {
    this.child.kill("SIGCONT");
    return nowMs();
  }

  /** Without a word to the mesh. */
  async end() {
    if (this.isAlive) await this.kill();
  }

  #onMessage(message) {
    if (message.kind === "answer") {
      const { resolve, reject } = this.#calls.get(message.call) ?? {};
      this.#calls.delete(message.call);
      if (message.error === undefined) resolve?.(message.value);
      else reject?.(Object.assign(new Error(message.error.message), { code: message.error.code }));
    } else if (message.kind === "changes") {
      for (const change of message.changes) {
        const node = this.#nodes.get(change.slot);
        if (node === undefined) this.#early.push(change);
        else node.note(change);
      }
    }
  }
}

/** All hosts of a run and the directory of their data; `stop` leaves nothing behind. */
export class Hosts {
  #dir = mkdtempSync(join(tmpdir(), "meshwork-hosts-"));
  #hosts = new Set();
  #onExit = () => {
    for (const host of this.#hosts) host.child.kill("SIGKILL");
  };

  constructor() {
    process.on("exit", this.#onExit);
  }

  /**
   * @param {Record<string, string>} [env]
   * @param {string} [namespace]
   * @returns {Promise<Host>}
   */
  async spawn(env = {}, namespace = undefined) {
    const host = new Host(this.#dir, env, namespace);
    this.#hosts.add(host);
    host.exited.then(() => this.#hosts.delete(host));
    await host.up;
    return host;
  }

  /**
   * One node in a process of its own.
   * @param {Record<string, unknown>} options
   * @returns {Promise<HostedNode>}
   */
  async node(options) {
    return (await this.spawn()).start(options);
  }

  async stop() {
    await Promise.all([...this.#hosts].map((host) => host.end()));
    process.off("exit", this.#onExit);
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/**
 * In how many parts these nodes' links leave them; a link counts where one end alone reports it.
 * @param {readonly HostedNode[]} nodes
 * @returns {Promise<number>}
 */
export async function countComponents(nodes) {
  const neighbors = await Promise.all(nodes.map((node) => node.neighbors()));
  const component = new Map(nodes.map(({ id }) => [id, id]));
  const rootOf = (id) => {
    let root = id;
    while (component.get(root) !== root) root = component.get(root);
    return root;
  };
  for (const [i, { id }] of nodes.entries()) {
    for (const peer of neighbors[i]) if (component.has(peer)) component.set(rootOf(peer), rootOf(id));
  }
  return new Set(nodes.map(({ id }) => rootOf(id))).size;
}
