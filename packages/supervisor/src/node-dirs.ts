/**
 * The nodes' data directories, `<dataDir>/nodes/<slot>`, mode 0700: each holds a private key, so it goes when its node does.
 * A marker file names the launcher that made it (pid and start time); at start, directories whose launcher is dead are
 * removed, and nothing else: no link is followed, nothing without a marker is touched, and a second launcher on the same
 * data directory keeps its own.
 */
import { randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { SupervisorError } from "./errors.js";
import { isSameProcess, readStartTime } from "./process-identity.js";
import { isRecord, isSlot } from "./validate.js";

const MARKER = ".meshwork-node.json";

export class NodeDirs {
  readonly root: string;
  readonly #owner: { readonly pid: number; readonly start: string };
  #counter = 0;

  constructor(dataDir: string) {
    this.root = join(resolve(dataDir), "nodes");
    this.#owner = { pid: process.pid, start: readStartTime(process.pid) ?? "" };
    try {
      mkdirSync(resolve(dataDir), { recursive: true, mode: 0o700 });
      mkdirSync(this.root, { recursive: true, mode: 0o700 });
      if (!lstatSync(this.root).isDirectory()) throw new Error("it is a link, not a directory");
    } catch (cause) {
      throw dirError(this.root, cause);
    }
  }

  /** A new slot with its directory. */
  create(): { slot: string; path: string } {
    this.#counter += 1;
    const slot = `n${this.#counter}-${randomBytes(4).toString("hex")}`;
    const path = join(this.root, slot);
    try {
      mkdirSync(path, { mode: 0o700 });
      writeFileSync(join(path, MARKER), JSON.stringify(this.#owner), { flag: "wx", mode: 0o600 });
    } catch (cause) {
      rmSync(path, { recursive: true, force: true });
      throw dirError(path, cause);
    }
    return { slot, path };
  }

  remove(slot: string): void {
    if (!isSlot(slot)) return;
    rmSync(join(this.root, slot), { recursive: true, force: true, maxRetries: 3 });
  }

  /** Removes what crashed launchers left. Returns the slots removed. */
  sweep(): string[] {
    const removed: string[] = [];
    for (const entry of readdirSync(this.root, { withFileTypes: true })) {
      if (!entry.isDirectory() || !isSlot(entry.name) || this.#ownerLives(join(this.root, entry.name))) continue;
      this.remove(entry.name);
      removed.push(entry.name);
    }
    return removed;
  }

  /** Removes the empty `nodes` directory itself. */
  close(): void {
    try {
      rmdirSync(this.root);
    } catch {
      // Another launcher uses it, or there is something in it that is not ours.
    }
  }

  /** True also where there is no readable marker: then it is not ours to judge. */
  #ownerLives(path: string): boolean {
    try {
      const marker = join(path, MARKER);
      if (!lstatSync(marker).isFile()) return true;
      const owner: unknown = JSON.parse(readFileSync(marker, "utf8"));
      if (!isRecord(owner) || !Number.isInteger(owner.pid) || typeof owner.start !== "string") return true;
      return isSameProcess(owner.pid as number, owner.start);
    } catch {
      return true;
    }
  }
}

function dirError(path: string, cause: unknown): SupervisorError {
  return new SupervisorError("MESH_E_NODES_DIR", `${path}: ${cause instanceof Error ? cause.message : cause}`, {
    cause,
  });
}
