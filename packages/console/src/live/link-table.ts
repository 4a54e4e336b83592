/**
 * The links, as the nodes' own active views report them: one row per pair and mesh, with what each end says. A row lives while
 * one end reports it. Bounded by the reports themselves: at most `MAX_REPORTED` per node and mesh are taken.
 */
import type { LinkView } from "../api-types.js";
import type { VersionClock } from "../version-clock.js";
import { Removals } from "./removals.js";

/** Above any active view (5) and observers' share; what a broken or hostile node reports beyond is left out. */
const MAX_REPORTED = 64;
const MAX_MESHES = 16;

interface Row {
  readonly key: string;
  readonly mesh: string;
  readonly a: string;
  readonly b: string;
  readonly sinceMs: number;
  version: number;
}

interface Report {
  readonly peers: ReadonlyMap<string, ReadonlySet<string>>;
  readonly atMs: number;
}

/** Told of each link that came, went, or is reported otherwise. */
export interface LinkListener {
  link(link: Pick<LinkView, "key" | "mesh" | "a" | "b" | "aReports" | "bReports">): void;
  linkGone(key: string): void;
}

export class LinkTable {
  readonly #versions: VersionClock;
  readonly #listener: LinkListener | undefined;
  readonly #rows = new Map<string, Row>();
  readonly #reports = new Map<string, Report>();
  readonly removals: Removals;

  constructor(versions: VersionClock, listener?: LinkListener) {
    this.#versions = versions;
    this.#listener = listener;
    this.removals = new Removals(versions);
  }

  get size(): number {
    return this.#rows.size;
  }

  /** The active views that `id` reports now. */
  report(id: string, views: Readonly<Record<string, readonly string[]>>, nowMs: number): void {
    const peers = new Map<string, ReadonlySet<string>>();
    for (const [mesh, ids] of Object.entries(views).slice(0, MAX_MESHES))
      peers.set(mesh, new Set(ids.filter((peer) => peer !== id).slice(0, MAX_REPORTED)));
    const before = this.#reports.get(id);
    this.#reports.set(id, { peers, atMs: nowMs });
    this.#apply(id, before?.peers, peers, nowMs);
  }

  /** The node is gone: what it said no longer holds. */
  forget(id: string): void {
    const before = this.#reports.get(id);
    this.#reports.delete(id);
    this.#apply(id, before?.peers, new Map(), 0);
  }

  #apply(id: string, before: Report["peers"] | undefined, after: Report["peers"], nowMs: number): void {
    for (const [mesh, peers] of after)
      for (const peer of peers) if (!before?.get(mesh)?.has(peer)) this.#changed(mesh, id, peer, nowMs);
    for (const [mesh, peers] of before ?? [])
      for (const peer of peers) if (!after.get(mesh)?.has(peer)) this.#changed(mesh, id, peer, nowMs);
    // The first report of an end turns `unknown` into yes or no on rows that its peers made; its end turns them back.
    if (before === undefined || !this.#reports.has(id))
      for (const row of this.#rows.values()) if (row.a === id || row.b === id) this.#renewed(row);
  }

  #changed(mesh: string, id: string, peer: string, nowMs: number): void {
    const [a, b] = id < peer ? [id, peer] : [peer, id];
    const key = `${mesh}|${a}|${b}`;
    const row = this.#rows.get(key);
    if (this.#says(a, b, mesh) !== true && this.#says(b, a, mesh) !== true) {
      if (row === undefined) return;
      this.#rows.delete(key);
      this.removals.add(key);
      this.#listener?.linkGone(key);
      return;
    }
    const held = row ?? { key, mesh, a, b, sinceMs: nowMs, version: 0 };
    this.#rows.set(key, held);
    this.#renewed(held);
  }

  #renewed(row: Row): void {
    row.version = this.#versions.next();
    const { key, mesh, a, b } = row;
    this.#listener?.link({ key, mesh, a, b, aReports: this.#says(a, b, mesh), bReports: this.#says(b, a, mesh) });
  }

  #says(id: string, peer: string, mesh: string): boolean | null {
    const report = this.#reports.get(id);
    return report === undefined ? null : (report.peers.get(mesh)?.has(peer) ?? false);
  }

  views(nowMs: number, nameOf: (id: string) => string | null, sinceVersion = 0): LinkView[] {
    const views: LinkView[] = [];
    for (const { key, mesh, a, b, sinceMs, version } of this.#rows.values()) {
      if (version <= sinceVersion) continue;
      const aReports = this.#says(a, b, mesh);
      const bReports = this.#says(b, a, mesh);
      const newestMs = Math.max(
        aReports === true ? (this.#reports.get(a)?.atMs ?? 0) : 0,
        bReports === true ? (this.#reports.get(b)?.atMs ?? 0) : 0,
      );
      views.push({
        key,
        mesh,
        a,
        b,
        aName: nameOf(a),
        bName: nameOf(b),
        aReports,
        bReports,
        sinceMs: Math.max(0, nowMs - sinceMs),
        ageMs: Math.max(0, nowMs - newestMs),
      });
    }
    return views;
  }

  removedSince(version: number): string[] {
    return this.removals.since(version).filter((key) => !this.#rows.has(key));
  }
}
