/** A mesh node by hand for this room's tests: a directory that can be changed, stats that can be pushed, answers that can be set. */
import type {
  Departure,
  DirectoryChange,
  DirectoryEntry,
  MeshNode,
  NodeProfile,
  NodeStats,
  RemoteDirectoryEntry,
  Reply,
  Target,
} from "@meshwork/node";

export const idOf = (seed: number) => seed.toString(16).padStart(6, "0").padEnd(64, "a");

export function entryOf(mesh: string, type: string, seed: number): DirectoryEntry {
  const id = idOf(seed);
  const record = {
    ...{ id, bootNonce: "0".repeat(16), mesh, type, generation: 1, sequence: 1, addresses: [`127.0.0.1:${seed}`] },
    ...{ version: "0.1.0", startedAtMs: 0, neighbors: [], loadClass: "idle" as const, cpuBudgetCores: 2 },
    ...{ ramBudgetBytes: 1e9, framesSent: 0, framesReceived: 0, refreshIntervalMs: 30_000, status: "alive" as const },
  };
  const name = `${mesh}.${type}.${id.slice(0, 6)}`;
  return { ...{ id, name, mesh, type, record, state: "alive" }, receivedAtMs: 0, firstSeenAtMs: 0 };
}

export function statsOf(entry: Pick<DirectoryEntry, "id" | "name" | "mesh" | "type">, extra: Partial<NodeStats> = {}) {
  const stats: NodeStats = {
    ...{ id: entry.id, name: entry.name, mesh: entry.mesh, type: entry.type, uptimeMs: 5_000 },
    ...{ cpuUsedCores: 0.01, ramUsedBytes: 5e7, cpuBudgetCores: 2, ramBudgetBytes: 1e9 },
    process: { pid: 4242, shared: false, cpuUsedCores: 0.01, rssBytes: 5e7 },
    ...{ framesSent: 10, framesReceived: 12, framesSentPerMinute: 60, framesReceivedPerMinute: 72 },
    frames: { message: { sent: 1_000, received: 1_000, sentBytes: 9, receivedBytes: 9 } },
    ...{ activeViews: {}, connections: 3, connectionsOpened: 4, directorySize: 2, eventLoopDelayP99Ms: 1 },
    ...{ telemetryDropped: 0, sizes: { handlers: 2 } },
    ...extra,
  };
  return stats;
}

export class FakeNode {
  readonly id: string;
  readonly name: string;
  readonly mesh = "mesh1";
  readonly type = "console";
  readonly observes = ["mesh2"];
  readonly bootMs = 321;
  readonly own: DirectoryEntry;
  entries: DirectoryEntry[];
  departures: Departure[] = [];
  /** What a watcher of a node gets first; then what `pushStats` sends. */
  readonly statsById = new Map<string, NodeStats>();
  readonly directories = new Map<string, readonly RemoteDirectoryEntry[] | Error>();
  /** Called for each request; the default echoes. */
  answer: (target: Target, operation: string, body: Uint8Array) => Promise<Uint8Array> = async (_t, _o, body) => body;
  readonly sent: { target: Target; operation: string; body: string }[] = [];
  watchers = 0;
  readonly #listeners = new Set<(change: DirectoryChange) => void>();
  readonly #watching = new Map<string, Set<(stats: NodeStats) => void>>();
  /** Entries of this list only others; the console must show itself all the same. */
  constructor(entries: DirectoryEntry[] = []) {
    this.own = entryOf("mesh1", "console", 0xc0);
    this.id = this.own.id;
    this.name = this.own.name;
    this.entries = entries;
  }

  get asNode(): MeshNode {
    return this as unknown as MeshNode;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  readonly directory = {
    entries: () => this.entries,
    departed: () => this.departures,
    resolve: (name: string) => {
      const found = this.entries.find((entry) => entry.name.startsWith(name) || entry.id === name);
      if (found === undefined) throw Object.assign(new Error(`no live node: ${name}`), { code: "MESH_E_UNKNOWN_NAME" });
      return found;
    },
    onChange: (listener: (change: DirectoryChange) => void) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    },
  };

  stats(): NodeStats {
    return this.statsById.get(this.id) ?? statsOf(this.own);
  }

  async *watchStats(target: Target, options: { intervalMs?: number; signal?: AbortSignal } = {}) {
    const id = String(target);
    const queue: NodeStats[] = [];
    const first = this.statsById.get(id);
    if (first !== undefined) queue.push(first);
    let wake = () => {};
    const push = (stats: NodeStats) => {
      queue.push(stats);
      wake();
    };
    const set = this.#watching.get(id) ?? new Set();
    this.#watching.set(id, set.add(push));
    const onAbort = () => wake();
    options.signal?.addEventListener("abort", onAbort);
    this.watchers += 1;
    try {
      while (options.signal?.aborted !== true) {
        const next = queue.shift();
        if (next !== undefined) yield next;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      set.delete(push);
      this.watchers -= 1;
      options.signal?.removeEventListener("abort", onAbort);
    }
  }

  pushStats(stats: NodeStats): void {
    this.statsById.set(stats.id, stats);
    for (const push of this.#watching.get(stats.id) ?? []) push(stats);
  }

  async directoryOf(target: Target): Promise<readonly RemoteDirectoryEntry[]> {
    const answer = this.directories.get(String(target));
    if (answer === undefined) throw Object.assign(new Error("no answer"), { code: "MESH_E_TIMEOUT" });
    if (answer instanceof Error) throw answer;
    return answer;
  }

  /** What profiles say, or how they fail; who asked for which. */
  profile: NodeProfile | Error = Object.assign(new Error("no answer"), { code: "MESH_E_TIMEOUT" });
  readonly profiled: { target: string; durationMs: number; signal: AbortSignal | undefined }[] = [];

  /** What the console takes in over the mesh; tests hand batches to it. */
  telemetry: ((kind: "traces" | "metrics", body: Uint8Array) => boolean) | undefined;

  takeTelemetry(take: (kind: "traces" | "metrics", body: Uint8Array) => boolean): () => void {
    this.telemetry = take;
    return () => {
      this.telemetry = undefined;
    };
  }

  async profileOf(target: string, { durationMs, signal }: { durationMs: number; signal?: AbortSignal }) {
    this.profiled.push({ target, durationMs, signal });
    if (this.profile instanceof Error) throw this.profile;
    return this.profile;
  }

  async request(target: Target, operation: string, body: Uint8Array | string = ""): Promise<Reply> {
    const bytes = await this.answer(target, operation, Buffer.from(body));
    return {
      body: bytes,
      text: () => Buffer.from(bytes).toString(),
      from: { id: idOf(1), name: typeof target === "string" ? this.directory.resolve(target).name : "picked" },
      ...{ roundTripMs: 1.5, path: { address: "127.0.0.1:1", kind: "direct" as const }, traceId: "ab".repeat(16) },
    };
  }

  async send(target: Target, operation: string, body: Uint8Array | string = ""): Promise<void> {
    this.sent.push({ target, operation, body: Buffer.from(body).toString() });
  }

  join(entry: DirectoryEntry): void {
    this.entries = [...this.entries, entry];
    this.departures = this.departures.filter(({ entry: { id } }) => id !== entry.id);
    this.#emit({ kind: "joined", entry, atMs: performance.now() });
  }

  update(entry: DirectoryEntry): void {
    const previous = this.#replace(entry);
    this.#emit({ kind: "updated", entry, previous, atMs: performance.now() });
  }

  suspect(id: string, sinceMs = performance.now()): void {
    const entry = { ...this.#entryOf(id), suspectedSinceMs: sinceMs };
    this.#replace(entry);
    this.#emit({ kind: "suspected", entry, atMs: sinceMs });
  }

  refute(id: string): void {
    const { suspectedSinceMs: _, ...entry } = this.#entryOf(id);
    this.#replace(entry);
    this.#emit({ kind: "refuted", entry, atMs: performance.now() });
  }

  /** `by`: of the dead. `sinceMs`: of the departure. */
  depart(id: string, kind: Departure["state"], by: readonly string[] = [], sinceMs = performance.now()): void {
    const entry = this.#entryOf(id);
    this.entries = this.entries.filter((candidate) => candidate !== entry);
    this.departures = [{ entry, state: kind, sinceMs, by }, ...this.departures];
    this.#emit(kind === "dead" ? { kind, entry, by, atMs: sinceMs } : { kind, entry, atMs: sinceMs });
  }

  #entryOf(id: string): DirectoryEntry {
    return this.entries.find((candidate) => candidate.id === id)!;
  }

  #replace(entry: DirectoryEntry): DirectoryEntry {
    const previous = this.#entryOf(entry.id);
    this.entries = this.entries.map((candidate) => (candidate === previous ? entry : candidate));
    return previous;
  }

  #emit(change: DirectoryChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

export const remoteOf = (entry: DirectoryEntry): RemoteDirectoryEntry => ({
  ...{ id: entry.id, name: entry.name, mesh: entry.mesh, type: entry.type, addresses: entry.record.addresses },
  ...{ ageMs: 5, state: "alive" },
});
