/**
 * The rows of all nodes: what the console's own directory lists, what the supervisor runs, and for a day who has departed. A member's
 * state is said by the directory alone; a process that the supervisor lost stays alive until the mesh says otherwise.
 *
 * Owner: LiveState. Rows leave 24 hours after their node left, died or expired, a minute after it exited without ever being a member,
 * the oldest gone first above `MAX_GONE`.
 */
import type { Departure, DirectoryEntry, MeshNode, NodeStats } from "@meshwork/node";
import type { BootTrace, NodeState, NodeView } from "../api-types.js";
import type { SupervisedProcess } from "../supervisor-client.js";
import type { VersionClock } from "../version-clock.js";
import { isDeparted, isLive, type NodeRow, type ViewContext, viewOf } from "./node-row.js";
import { Removals } from "./removals.js";

const DEPARTED_KEPT_MS = 86_400_000;
const EXITED_KEPT_MS = 60_000;
/** The last figures of who has departed. */
const FIGURES_KEPT_MS = 60_000;
const MAX_GONE = 256;

/** What a state is told with. */
interface StateFacts {
  readonly sinceMs: number;
  readonly by: readonly string[];
}

export class NodeTable {
  readonly #versions: VersionClock;
  readonly #rows = new Map<string, NodeRow>();
  readonly removals: Removals;
  /** Departures up to then have been swept: the directory may still tell of them. */
  #sweptSinceMs = Number.NEGATIVE_INFINITY;

  constructor(versions: VersionClock) {
    this.#versions = versions;
    this.removals = new Removals(versions);
  }

  get size(): number {
    return this.#rows.size;
  }

  rows(): IterableIterator<NodeRow> {
    return this.#rows.values();
  }

  get(key: string): NodeRow | undefined {
    return this.#rows.get(key);
  }

  readonly nameOf = (id: string): string | null => this.#rows.get(id)?.name ?? null;

  /** The directory as it stands: who is live, and who has departed, newest first. Returns the rows that went. */
  syncDirectory(
    entries: readonly DirectoryEntry[],
    departed: readonly Departure[],
    nowMs: number,
    selfId: string,
  ): { readonly gone: readonly NodeRow[] } {
    const present = new Set<string>();
    for (const entry of entries) {
      present.add(entry.id);
      this.#list(entry, nowMs);
    }
    const departures = new Map<string, Departure>();
    for (const departure of departed.slice(0, MAX_GONE)) {
      const { id } = departure.entry;
      // One who is live in another mesh now, or has a newer departure there.
      if (!present.has(id) && !departures.has(id)) departures.set(id, departure);
    }
    const gone: NodeRow[] = [];
    for (const row of this.#rows.values()) {
      if (!isLive(row.state) || row.id === null || row.id === selfId || present.has(row.id)) continue;
      gone.push(row);
      row.entry = undefined;
      // Given up for another identity, the directory being full: that leaves no departure.
      if (!departures.has(row.id)) this.#setState(row, "expired", { sinceMs: nowMs, by: NOBODY });
    }
    for (const departure of departures.values()) this.#depart(departure, selfId);
    return { gone };
  }

  #list(entry: DirectoryEntry, nowMs: number): void {
    const state = entry.suspectedSinceMs === undefined ? "alive" : "suspected";
    const facts = { sinceMs: entry.suspectedSinceMs ?? nowMs, by: NOBODY };
    const row = this.#ensure(entry.id, entry.id, entry.mesh, entry.type, state, facts.sinceMs);
    const before = row.entry?.record;
    const { record } = entry;
    if (before === undefined || before.sequence !== record.sequence || before.generation !== record.generation)
      row.version = this.#versions.next();
    row.entry = entry;
    row.name = entry.name;
    row.mesh = entry.mesh;
    row.type = entry.type;
    this.#setState(row, state, facts);
  }

  #depart({ entry, state, sinceMs, by }: Departure, selfId: string): void {
    if (entry.id === selfId) return;
    const known = this.#rows.get(entry.id);
    if (known === undefined && sinceMs <= this.#sweptSinceMs) return;
    // A process that was started anew under the same id and is no member yet.
    if (known?.state === "starting") return;
    const row = known ?? this.#ensure(entry.id, entry.id, entry.mesh, entry.type, state, sinceMs);
    row.name = entry.name;
    row.accusedBy = by;
    this.#setState(row, state, { sinceMs, by });
  }

  /** The console's own node, where its directory lists only others. */
  ensureSelf(self: Pick<MeshNode, "id" | "name" | "mesh" | "type" | "bootMs">, nowMs: number): void {
    const row = this.#ensure(self.id, self.id, self.mesh, self.type, "alive", nowMs);
    row.name = self.name;
    row.ownBootMs = self.bootMs;
    this.#setState(row, "alive", { sinceMs: nowMs, by: NOBODY });
  }

  /** Figures that a node sent. Ignored where the node is not in the table: it went meanwhile. */
  setStats(id: string, stats: NodeStats, nowMs: number): boolean {
    const row = this.#rows.get(id);
    if (row === undefined) return false;
    row.stats = stats;
    row.statsAtMs = nowMs;
    row.version = this.#versions.next();
    return true;
  }

  setBoot(name: string, boot: BootTrace): void {
    for (const row of this.#rows.values()) if (row.name === name) this.#setBoot(row, boot);
  }

  /** For boots that stall before the node knows its name. */
  setBootByPid(pid: number, boot: BootTrace): void {
    for (const row of this.#rows.values())
      if (row.name === null && row.process?.pid === pid && !row.process.shared) this.#setBoot(row, boot);
  }

  #setBoot(row: NodeRow, boot: BootTrace): void {
    row.boot = boot;
    row.version = this.#versions.next();
  }

  /** The supervisor's list as it stands. */
  syncProcesses(processes: readonly SupervisedProcess[], nowMs: number): void {
    const listed = new Set<NodeRow>();
    for (const process of processes) {
      const key = process.id ?? `process:${process.key}`;
      const exited = process.state === "exited";
      const row = this.#ensure(key, process.id, process.mesh, process.type, exited ? "exited" : "starting", nowMs);
      listed.add(row);
      if (row.process === undefined || JSON.stringify(row.process) !== JSON.stringify(process)) {
        row.process = process;
        row.processGone = false;
        row.version = this.#versions.next();
      }
      if (row.name === null && process.name !== null) row.name = process.name;
      if (process.id !== null) this.#adopt(`process:${process.key}`, row);
      if (row.entry !== undefined) continue;
      const facts = { sinceMs: nowMs, by: NOBODY };
      if (exited && row.state === "starting") this.#setState(row, "exited", facts);
      if (!exited && row.state === "exited") this.#setState(row, "starting", facts);
    }
    for (const row of this.#rows.values()) {
      if (row.process === undefined || listed.has(row)) continue;
      row.process = undefined;
      row.processGone = true;
      row.version = this.#versions.next();
      if (row.state === "starting") this.#setState(row, "exited", { sinceMs: nowMs, by: NOBODY });
    }
  }

  /** The row of a process that had no id becomes the row of its node. */
  #adopt(oldKey: string, row: NodeRow): void {
    const old = this.#rows.get(oldKey);
    if (old === undefined || old === row) return;
    row.boot ??= old.boot;
    this.#remove(old);
  }

  #ensure(key: string, id: string | null, mesh: string, type: string, state: NodeState, sinceMs: number): NodeRow {
    const row = this.#rows.get(key);
    if (row !== undefined) return row;
    const created: NodeRow = {
      key,
      id,
      name: null,
      mesh,
      type,
      state,
      stateSinceMs: sinceMs,
      accusedBy: NOBODY,
      entry: undefined,
      stats: undefined,
      statsAtMs: 0,
      process: undefined,
      processGone: false,
      boot: undefined,
      version: this.#versions.next(),
    };
    this.#rows.set(key, created);
    return created;
  }

  #setState(row: NodeRow, state: NodeState, { sinceMs, by }: StateFacts): void {
    // Alive is dated by when it was first seen; every suspicion and departure has a time of its own.
    if (row.state === state && (state === "alive" || row.stateSinceMs === sinceMs)) return;
    row.state = state;
    row.stateSinceMs = sinceMs;
    row.accusedBy = by;
    row.version = this.#versions.next();
  }

  #remove(row: NodeRow): void {
    if (this.#rows.get(row.key) !== row) return;
    this.#rows.delete(row.key);
    this.removals.add(row.key);
  }

  /** Something about it changed that this table does not hold: it is told anew. */
  touch(id: string): void {
    const row = this.#rows.get(id);
    if (row !== undefined) row.version = this.#versions.next();
  }

  /** Removes what has been gone for long. A supervised process that exited stays as long as the supervisor lists it. */
  sweep(nowMs: number): void {
    const gone = [...this.#rows.values()].filter((row) => !isLive(row.state) && row.state !== "starting");
    gone.sort((a, b) => a.stateSinceMs - b.stateSinceMs);
    gone.forEach((row, index) => {
      const departed = isDeparted(row.state);
      const goneMs = nowMs - row.stateSinceMs;
      if (goneMs >= FIGURES_KEPT_MS && row.stats !== undefined) {
        row.stats = undefined;
        row.version = this.#versions.next();
      }
      const kept = goneMs < (departed ? DEPARTED_KEPT_MS : EXITED_KEPT_MS) || row.process !== undefined;
      if (kept && gone.length - index <= MAX_GONE) return;
      if (departed) this.#sweptSinceMs = Math.max(this.#sweptSinceMs, row.stateSinceMs);
      this.#remove(row);
    });
  }

  views(context: ViewContext, sinceVersion = 0): NodeView[] {
    const views: NodeView[] = [];
    for (const row of this.#rows.values()) if (row.version > sinceVersion) views.push(viewOf(row, context));
    return views;
  }

  removedSince(version: number): string[] {
    return this.removals.since(version).filter((key) => !this.#rows.has(key));
  }
}

const NOBODY: readonly string[] = [];
