/**
 * What a lab has made outside its own memory: namespaces, processes, mounts, control groups, directories. Written before each is
 * made, so that whoever comes after a crash can remove all of it (`removeLab`). One file per lab under the system's temporary
 * directory; it goes last.
 *
 * Only what bears the lab's own prefix is ever removed: a damaged or planted file must not cost anybody else's things.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isSameProcess, readStartTime } from "@meshwork/supervisor";

export interface ProcessMark {
  readonly pid: number;
  readonly startTime: string;
}

export interface LedgerEntries {
  namespaces: string[];
  processes: ProcessMark[];
  mounts: string[];
  controlGroups: string[];
  directories: string[];
}

export interface LedgerState extends LedgerEntries {
  readonly id: string;
  readonly createdAt: string;
  /** The process that owns the lab; absent of one that `mesh lab up` left for its user. */
  readonly owner?: ProcessMark;
  /** A cluster that somebody uses runs in it: it ends with that, not when chaos is ended. */
  cluster?: boolean;
}

const ID = /^[0-9a-f]{4}$/;
/** A lab of 200 hosts with a restart of each makes 400 marks. */
const MAX_PROCESSES = 20_000;

export function ledgersDir(): string {
  return join(tmpdir(), "meshwork-labs");
}

/** Names of a lab's things begin with this; nothing else is removed. */
export function labPrefix(id: string): string {
  return `mwl${id}`;
}

export class Ledger {
  readonly #state: LedgerState;
  readonly #path: string;

  constructor(id: string, owned: boolean) {
    const startTime = readStartTime(process.pid);
    this.#state = {
      id,
      createdAt: new Date().toISOString(),
      ...(owned && startTime !== undefined ? { owner: { pid: process.pid, startTime } } : {}),
      ...{ namespaces: [], processes: [], mounts: [], controlGroups: [], directories: [] },
    };
    mkdirSync(ledgersDir(), { recursive: true, mode: 0o700 });
    this.#path = ledgerPath(id);
    this.#write();
  }

  get state(): LedgerState {
    return this.#state;
  }

  add(kind: Exclude<keyof LedgerEntries, "processes">, name: string): void {
    this.#state[kind].push(name);
    this.#write();
  }

  markCluster(): void {
    this.#state.cluster = true;
    this.#write();
  }

  /** After its start, since a pid cannot be known before; the process dies with its owner besides (pdeathsig). */
  addProcess(pid: number): void {
    const startTime = readStartTime(pid);
    if (startTime === undefined) return;
    if (this.#state.processes.length >= MAX_PROCESSES / 2) {
      this.#state.processes = this.#state.processes.filter((mark) => isSameProcess(mark.pid, mark.startTime));
    }
    this.#state.processes.push({ pid, startTime });
    this.#write();
  }

  #write(): void {
    const temporary = `${this.#path}.${process.pid}`;
    writeFileSync(temporary, `${JSON.stringify(this.#state)}\n`, { mode: 0o600 });
    renameSync(temporary, this.#path);
  }
}

export function ledgerPath(id: string): string {
  return join(ledgersDir(), `${id}.json`);
}

/** Every lab that this machine knows of. A file that cannot be understood is named by its id alone and removed with its lab. */
export function readLedgers(): LedgerState[] {
  let names: string[];
  try {
    names = readdirSync(ledgersDir());
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith(".json") && ID.test(name.slice(0, -5)))
    .map((name) => parseLedger(name.slice(0, -5), readFileSync(join(ledgersDir(), name), "utf8")));
}

export function parseLedger(id: string, text: string): LedgerState {
  let raw: Record<string, unknown> = {};
  try {
    raw = JSON.parse(text) as Record<string, unknown>;
  } catch {
    // Cut short by a full disk: what the lab's prefix finds is removed all the same.
  }
  const prefix = labPrefix(id);
  const names = (value: unknown, fits: (name: string) => boolean) =>
    (Array.isArray(value) ? value : []).filter((name): name is string => typeof name === "string" && fits(name));
  const inLab = (name: string) =>
    !name.split("/").includes("..") && name.split("/").some((part) => part.startsWith(prefix));
  const marks = (Array.isArray(raw.processes) ? raw.processes : []).slice(0, MAX_PROCESSES).filter(isMark);
  return {
    id,
    createdAt: typeof raw.createdAt === "string" ? raw.createdAt : "",
    ...(isMark(raw.owner) ? { owner: raw.owner } : {}),
    ...(raw.cluster === true ? { cluster: true } : {}),
    namespaces: names(raw.namespaces, (name) => name.startsWith(prefix) && !name.includes("/")),
    processes: marks,
    mounts: names(raw.mounts, inLab),
    controlGroups: names(raw.controlGroups, (name) => name.startsWith("/sys/fs/cgroup/") && inLab(name)),
    directories: names(raw.directories, inLab),
  };
}

function isMark(value: unknown): value is ProcessMark {
  const mark = value as Partial<ProcessMark> | null;
  return (
    typeof mark === "object" &&
    mark !== null &&
    Number.isSafeInteger(mark.pid) &&
    (mark.pid ?? 0) > 1 &&
    typeof mark.startTime === "string"
  );
}

export function isOwned({ owner }: LedgerState): boolean {
  return owner !== undefined && isSameProcess(owner.pid, owner.startTime);
}

/** A lab whose owner died without taking it down. */
export function isLeftOver(state: LedgerState): boolean {
  return state.owner !== undefined && !isOwned(state);
}

export function removeLedger(id: string): void {
  rmSync(ledgerPath(id), { force: true });
}
