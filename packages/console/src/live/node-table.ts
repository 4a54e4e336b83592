/**
 * The rows of all nodes: what the console's own directory lists, what the supervisor runs, and for a minute what is gone. `live` is
 * said by the directory alone; a process that the supervisor lost stays live until the mesh says otherwise.
 *
 * Owner: LiveState. Rows leave a minute after their node left, died, expired or exited, the oldest gone first above `MAX_GONE`.
 */
import type { DirectoryEntry, MeshNode, NodeStats } from "@meshwork/node";
import type { BootTrace, NodeState, NodeView } from "../api-types.js";
import type { SupervisedProcess } from "../supervisor-client.js";
import type { VersionClock } from "../version-clock.js";
import { type NodeRow, viewOf } from "./node-row.js";
import { Removals } from "./removals.js";

const GONE_KEPT_MS = 60_000;
const MAX_GONE = 200;

export class NodeTable {
  readonly #versions: VersionClock;
  readonly #rows = new Map<string, NodeRow>();
  readonly removals: Removals;

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

  /**
   * The directory as it stands. `departure` says why an id went, where that is known. Returns the rows that came and went.
   */
  syncDirectory(
    entries: readonly DirectoryEntry[],
    departure: (id: string) => "left" | "dead" | "expired",
    nowMs: number,
    selfId: string,
  ): { readonly gone: readonly NodeRow[] } {
    const present = new Set<string>();
    for (const entry of entries) {
      present.add(entry.id);
      const row = this.#ensure(entry.id, entry.id, entry.mesh, entry.type, "live", nowMs);
      const before = row.entry?.record;
      const { record } = entry;
      if (before === undefined || before.sequence !== record.sequence || before.generation !== record.generation)
        row.version = this.#versions.next();
      row.entry = entry;
      row.name = entry.name;
      row.mesh = entry.mesh;
      row.type = entry.type;
      this.#setState(row, "live", nowMs);
    }
    const gone: NodeRow[] = [];
    for (const row of this.#rows.values()) {
      if (row.state !== "live" || row.id === null || row.id === selfId || present.has(row.id)) continue;
      row.entry = undefined;
      this.#setState(row, departure(row.id), nowMs);
      gone.push(row);
    }
    return { gone };
  }

  /** The console's own node, where its directory lists only others. */
  ensureSelf(self: Pick<MeshNode, "id" | "name" | "mesh" | "type" | "bootMs">, nowMs: number): void {
    const row = this.#ensure(self.id, self.id, self.mesh, self.type, "live", nowMs);
    row.name = self.name;
    row.ownBootMs = self.bootMs;
    this.#setState(row, "live", nowMs);
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
        row.version = this.#versions.next();
      }
      if (row.name === null && process.name !== null) row.name = process.name;
      if (process.id !== null) this.#adopt(`process:${process.key}`, row);
      if (row.entry !== undefined) continue;
      if (exited && row.state === "starting") this.#setState(row, "exited", nowMs);
      if (!exited && row.state === "exited") this.#setState(row, "starting", nowMs);
    }
    for (const row of this.#rows.values()) {
      if (row.process === undefined || listed.has(row)) continue;
      row.process = undefined;
      row.version = this.#versions.next();
      if (row.state === "starting") this.#setState(row, "exited", nowMs);
    }
  }

  /** The row of a process that had no id becomes the row of its node. */
  #adopt(oldKey: string, row: NodeRow): void {
    const old = this.#rows.get(oldKey);
    if (old === undefined || old === row) return;
    row.boot ??= old.boot;
    this.#remove(old);
  }

  #ensure(key: string, id: string | null, mesh: string, type: string, state: NodeState, nowMs: number): NodeRow {
    const row = this.#rows.get(key);
    if (row !== undefined) return row;
    const created: NodeRow = {
      key,
      id,
      name: null,
      mesh,
      type,
      state,
      stateSinceMs: nowMs,
      entry: undefined,
      stats: undefined,
      statsAtMs: 0,
      process: undefined,
      boot: undefined,
      version: this.#versions.next(),
    };
    this.#rows.set(key, created);
    return created;
  }

  #setState(row: NodeRow, state: NodeState, nowMs: number): void {
    if (row.state === state) return;
    row.state = state;
    row.stateSinceMs = nowMs;
    row.version = this.#versions.next();
  }

  #remove(row: NodeRow): void {
    if (this.#rows.get(row.key) !== row) return;
    this.#rows.delete(row.key);
    this.removals.add(row.key);
  }

  /** Removes what has been gone for a minute. A supervised process that exited stays as long as the supervisor lists it. */
  sweep(nowMs: number): void {
    const gone = [...this.#rows.values()].filter((row) => row.state !== "live" && row.state !== "starting");
    gone.sort((a, b) => a.stateSinceMs - b.stateSinceMs);
    gone.forEach((row, index) => {
      const kept = nowMs - row.stateSinceMs < GONE_KEPT_MS || row.process !== undefined;
      if (!kept || gone.length - index > MAX_GONE) this.#remove(row);
    });
  }

  views(nowMs: number, sinceVersion = 0): NodeView[] {
    const views: NodeView[] = [];
    for (const row of this.#rows.values()) if (row.version > sinceVersion) views.push(viewOf(row, nowMs, this.nameOf));
    return views;
  }

  removedSince(version: number): string[] {
    return this.removals.since(version).filter((key) => !this.#rows.has(key));
  }
}
