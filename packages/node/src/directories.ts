/**
 * The directories of a node, one per mesh it takes part in, seen as one: resolving, selecting, listening. Membership changes them
 * and says so by `changed`; this owns the listeners and the index of names.
 */
import {
  type Departure,
  type Directory,
  type DirectoryChange,
  type DirectoryEntry,
  MeshError,
  type Named,
  NameIndex,
} from "@meshwork/protocol";
import { BoundedChannel } from "./bounded-channel.js";
import type { DirectoryFilter, NodeDirectory, Target } from "./types.js";

/** A loop over `changes()` may fall this far behind. */
const MAX_QUEUED_CHANGES = 1_024;
const MAX_LISTENERS = 256;

export interface DirectoriesOptions {
  readonly byMesh: ReadonlyMap<string, Directory>;
  readonly self: string;
  readonly now: () => number;
  readonly random: () => number;
}

export class Directories implements NodeDirectory {
  readonly #byMesh: ReadonlyMap<string, Directory>;
  readonly #options: DirectoriesOptions;
  #names = new NameIndex<Named>();
  readonly #listeners = new Set<(change: DirectoryChange) => void>();
  readonly #channels = new Set<BoundedChannel<DirectoryChange>>();

  constructor(options: DirectoriesOptions) {
    this.#options = options;
    this.#byMesh = options.byMesh;
  }

  stop(): void {
    for (const channel of [...this.#channels]) channel.end();
    this.#listeners.clear();
  }

  of(mesh: string): Directory | undefined {
    return this.#byMesh.get(mesh);
  }

  /** A directory has changed: those who listen hear of it. */
  changed(change: DirectoryChange): void {
    this.#index(change);
    for (const listener of this.#listeners) listener(change);
    for (const channel of this.#channels) channel.push(change);
  }

  /** Names are resolved per message: by an index that follows the changes, not by a walk. */
  #index(change: DirectoryChange): void {
    if (change.kind === "joined") this.#names.add(change.entry);
    else if (change.kind === "left" || change.kind === "dead" || change.kind === "expired")
      this.#names.remove(change.entry.mesh, change.entry.id);
    else if (change.kind === "lagged") {
      // Nobody knows which changes were dropped: it is made afresh.
      this.#names = new NameIndex<Named>();
      for (const entry of this.entries()) this.#names.add(entry);
    }
  }

  entries(filter?: DirectoryFilter): readonly DirectoryEntry[] {
    const found: DirectoryEntry[] = [];
    for (const directory of this.#chosen(filter))
      for (const entry of directory.entries())
        if (filter?.type === undefined || entry.type === filter.type) found.push(entry);
    return found;
  }

  departed(filter?: DirectoryFilter): readonly Departure[] {
    const found: Departure[] = [];
    for (const directory of this.#chosen(filter))
      for (const departure of directory.departed())
        if (filter?.type === undefined || departure.entry.type === filter.type) found.push(departure);
    return found.sort((a, b) => b.sinceMs - a.sinceMs);
  }

  *#chosen(filter: DirectoryFilter | undefined): IterableIterator<Directory> {
    for (const [mesh, directory] of this.#byMesh)
      if (filter?.mesh === undefined || filter.mesh === mesh) yield directory;
  }

  get size(): number {
    let size = 0;
    for (const directory of this.#byMesh.values()) size += directory.size;
    return size;
  }

  byId(id: string): DirectoryEntry | undefined {
    for (const directory of this.#byMesh.values()) {
      const entry = directory.get(id);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  resolve(name: string): DirectoryEntry {
    const { mesh, id } = this.#names.resolve(name);
    const entry = this.#byMesh.get(mesh)?.get(id);
    if (entry === undefined) throw new MeshError("MESH_E_UNKNOWN_NAME", JSON.stringify(name));
    return entry;
  }

  /** One live node for a target. Selectors never pick the node itself. */
  select(target: Target): DirectoryEntry {
    if (typeof target === "string") return this.resolve(target);
    const candidates = this.entries(target).filter((entry) => entry.id !== this.#options.self);
    if (candidates.length === 0)
      throw new MeshError("MESH_E_NO_CANDIDATE", `{ mesh: ${target.mesh}, type: ${target.type} }`);
    if (target.pick === "least-loaded") return leastLoaded(candidates, this.#options.random);
    return candidates[Math.floor(this.#options.random() * candidates.length)]!;
  }

  changes(): AsyncIterableIterator<DirectoryChange> {
    const channel = new BoundedChannel<DirectoryChange>({
      max: MAX_QUEUED_CHANGES,
      lagged: (missed) => ({ kind: "lagged", missed, atMs: this.#options.now() }),
      onEnd: () => this.#channels.delete(channel),
    });
    this.#guardListeners();
    this.#channels.add(channel);
    return channel;
  }

  onChange(listener: (change: DirectoryChange) => void): () => void {
    this.#guardListeners();
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  sizes(): Record<string, number> {
    return { directoryListeners: this.#listeners.size + this.#channels.size };
  }

  #guardListeners(): void {
    if (this.#listeners.size + this.#channels.size >= MAX_LISTENERS) {
      throw new MeshError(
        "MESH_E_OVERLOADED",
        `${MAX_LISTENERS} listeners on one directory: leave loops and call the unsubscribe`,
      );
    }
  }
}

const LOAD_ORDER = { idle: 0, normal: 1, high: 2, full: 3 } as const;

/** Least load class; among equals at random, so that a herd does not run after one node whose figures are a minute old. */
function leastLoaded(candidates: readonly DirectoryEntry[], random: () => number): DirectoryEntry {
  const least = Math.min(...candidates.map((entry) => LOAD_ORDER[entry.record.loadClass]));
  const best = candidates.filter((entry) => LOAD_ORDER[entry.record.loadClass] === least);
  return best[Math.floor(random() * best.length)]!;
}
