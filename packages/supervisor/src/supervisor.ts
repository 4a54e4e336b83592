/**
 * The supervisor: owns the node processes and the console of one `mesh up`. It starts, stops, kills, freezes and restarts
 * them, and sees to it that nothing is left when the launcher goes, in whatever way.
 *
 * Invariants:
 * 1. Nodes that are not `exited` never outnumber `maxNodes` (ProcessTable admits and adds in one turn).
 * 2. Each running child is in the watchdog's ledger from the turn of its fork until its exit was seen.
 * 3. An exit acts on an entry only if the run that exited is still the entry's run.
 * 4. A data directory lives exactly as long as its entry.
 */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { BootQueue } from "./boot-queue.js";
import { ChildSettings } from "./child-settings.js";
import type { Handlers, OperationTable } from "./console-link.js";
import { type ConsoleHandle, type ConsoleOptions, ConsoleProcess } from "./console-process.js";
import { SupervisorError } from "./errors.js";
import { InlineHost } from "./inline-host.js";
import { NodeDirs } from "./node-dirs.js";
import { NodeProcess, type NodeRun } from "./node-process.js";
import { readFigures } from "./process-figures.js";
import { type Entry, ProcessTable, readySnapshot, snapshot } from "./process-table.js";
import { SeedBook } from "./seed-book.js";
import { supervisorHandlers } from "./supervisor-handlers.js";
import type {
  ExitInfo,
  ManagedNode,
  NodeSpec,
  ProcessFigures,
  ReadyNode,
  SpawnManyResult,
  SpawnRequest,
  StopOutcome,
  Supervisor,
  SupervisorEvent,
  SupervisorOptions,
  TelemetryIntake,
} from "./types.js";
import { validateCount, validateRef, validateSpawn } from "./validate.js";
import { Watchdog } from "./watchdog.js";

const DEFAULT_MAX_NODES = 64;
const DEFAULT_BOOT_TIMEOUT_MS = 15_000;
const DEFAULT_STOP_GRACE_MS = 4_000;
/** Leaves room, within the 5 s of an end, for half a second until a dead ancestor is noticed and for the clearing up. */
const MAX_CLOSE_GRACE_MS = 3_500;
/** `close()` gives up on a process that SIGKILL did not end; the watchdog goes on with it. */
const CLOSE_BOUND_MS = 4_700;
const CONSOLE_SLOT = "console";

/** Throws MESH_E_NODES_DIR. Starts the watchdog and removes what crashed launchers left in the data directory. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  return new ProcessSupervisor(options);
}

class ProcessSupervisor implements Supervisor {
  readonly #options: SupervisorOptions;
  readonly #maxNodes: number;
  readonly #stopGraceMs: number;
  readonly #table: ProcessTable;
  readonly #seeds = new SeedBook();
  readonly #queue: BootQueue;
  readonly #dirs: NodeDirs;
  readonly #watchdog: Watchdog;
  readonly #settings: ChildSettings;
  readonly #inlineHost: InlineHost | undefined;
  readonly #listeners = new Set<(event: SupervisorEvent) => void>();
  #console: ConsoleProcess | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#maxNodes = options.maxNodes ?? DEFAULT_MAX_NODES;
    this.#stopGraceMs = options.stopGraceMs ?? DEFAULT_STOP_GRACE_MS;
    this.#table = new ProcessTable(this.#maxNodes);
    this.#queue = new BootQueue(options.bootConcurrency ?? availableParallelism(), (mesh) => this.#seeds.has(mesh));
    this.#dirs = new NodeDirs(options.dataDir);
    const swept = this.#dirs.sweep();
    if (swept.length > 0) options.log?.(`removed ${swept.length} node directories that a crashed run had left`);
    this.#watchdog = new Watchdog({
      entry: options.watchdogEntry ?? fileURLToPath(new URL("./watchdog-process.js", import.meta.url)),
      onRestart: (restarts) => this.#emit({ kind: "watchdog-restarted", restarts }),
    });
    this.#settings = new ChildSettings(options, this.#seeds, this.#watchdog);
    const { inlineEntry } = options;
    if (inlineEntry !== undefined) {
      const childOptions = () => this.#settings.child(inlineEntry, this.#settings.hostEnvironment(), "inline");
      this.#inlineHost = new InlineHost({ childOptions, bootTimeoutMs: this.#bootTimeoutMs });
    }
  }

  get watchdogPid(): number | undefined {
    return this.#watchdog.pid;
  }

  async spawn(request: SpawnRequest): Promise<ReadyNode> {
    return this.#boot(this.#admit(validateSpawn(request), 1)[0]!);
  }

  async spawnMany(request: SpawnRequest & { readonly count: number }): Promise<SpawnManyResult> {
    const { count, ...rest } = request ?? {};
    const spec = validateSpawn(rest as SpawnRequest);
    const entries = this.#admit(spec, validateCount(count, this.#maxNodes));
    const results = await Promise.allSettled(entries.map((entry) => this.#boot(entry)));
    const spawned: ReadyNode[] = [];
    const failed: SpawnManyResult["failed"][number][] = [];
    for (const result of results) {
      if (result.status === "fulfilled") spawned.push(result.value);
      else failed.push(describeError(result.reason));
    }
    return { spawned, failed };
  }

  async stop(name: string, reason = "requested"): Promise<StopOutcome> {
    const entry = this.#table.find(validateRef(name));
    if (entry === undefined) return "already-gone";
    entry.stopping ??= this.#stopEntry(entry, reason.slice(0, 256)).finally(() => {
      entry.stopping = undefined;
    });
    return entry.stopping;
  }

  async kill(name: string, options: { readonly keepData?: boolean } = {}): Promise<void> {
    const entry = this.#require(name);
    if (entry.shared) throw new SupervisorError("MESH_E_SHARED_PROCESS", name);
    entry.intent = options.keepData === true && entry.ready !== undefined ? "keep-exited" : "gone";
    this.#seeds.remove(entry.slot);
    const run = entry.run;
    if (run) {
      const span = this.#exitSpan(entry, "kill");
      run.signal("SIGKILL");
      await run.exited;
      span?.end();
    }
    if (entry.intent === "gone") this.#remove(entry);
  }

  async restart(name: string, options: { readonly hard?: boolean } = {}): Promise<ReadyNode> {
    const entry = this.#require(name);
    if (options.hard === true && entry.shared) throw new SupervisorError("MESH_E_SHARED_PROCESS", name);
    entry.restarting ??= this.#restartEntry(entry, options.hard === true).finally(() => {
      entry.restarting = undefined;
    });
    return entry.restarting;
  }

  freeze(name: string): void {
    const entry = this.#require(name);
    if (entry.shared) throw new SupervisorError("MESH_E_SHARED_PROCESS", name);
    if (entry.state === "frozen") return;
    if (entry.state !== "ready") throw new SupervisorError("MESH_E_BAD_STATE", `${name} is ${entry.state}`);
    entry.run?.signal("SIGSTOP");
    entry.state = "frozen";
    this.#seeds.remove(entry.slot);
    this.#emit({ kind: "frozen", node: snapshot(entry) });
  }

  thaw(name: string): void {
    const entry = this.#require(name);
    if (entry.shared) throw new SupervisorError("MESH_E_SHARED_PROCESS", name);
    if (entry.state === "ready") return;
    if (entry.state !== "frozen") throw new SupervisorError("MESH_E_BAD_STATE", `${name} is ${entry.state}`);
    entry.run?.signal("SIGCONT");
    entry.state = "ready";
    if (entry.ready) this.#seeds.add(entry.slot, entry.spec.mesh, entry.ready.seed);
    this.#emit({ kind: "thawed", node: snapshot(entry) });
  }

  list(): readonly ManagedNode[] {
    return this.#table.all().map(snapshot);
  }

  get(name: string): ManagedNode | undefined {
    const entry = this.#table.find(validateRef(name));
    return entry && snapshot(entry);
  }

  seeds(mesh: string, count: number): readonly string[] {
    return this.#seeds.pick(mesh, count);
  }

  figures(name: string): ProcessFigures | undefined {
    const pid = this.#require(name).run?.pid;
    return pid === undefined ? undefined : readFigures(pid);
  }

  setIntake(intake: TelemetryIntake): void {
    this.#settings.intake = intake;
  }

  ownFile(path: string): void {
    this.#watchdog.watchFile(path);
  }

  on(listener: (event: SupervisorEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async startConsole(options: ConsoleOptions): Promise<ConsoleHandle> {
    if (this.#closing) throw new SupervisorError("MESH_E_SUPERVISOR_CLOSED", "");
    if (this.#console) throw new SupervisorError("MESH_E_BAD_STATE", "there is a console already");
    const dir = this.#dirs.create();
    this.#watchdog.watchDirectory(dir.path);
    const spec: NodeSpec = {
      mesh: options.mesh,
      type: "console",
      cpuBudgetCores: undefined,
      ramBudgetBytes: undefined,
    };
    const observe = options.observe ?? this.#options.meshes.filter((mesh) => mesh !== options.mesh);
    const process = new ConsoleProcess(options.port, {
      handlers: { ...(supervisorHandlers(this) as unknown as Handlers<OperationTable>), ...options.handlers },
      childOptions: (port) => {
        const env = {
          ...this.#settings.environment(CONSOLE_SLOT, spec, dir.path, observe),
          ...options.env,
          MESH_CONSOLE_PORT: String(port),
          MESH_CONSOLE_TOKEN: options.token,
        };
        const base = this.#settings.child(options.entry, env, CONSOLE_SLOT, dir.path);
        return options.nodeArgs === undefined ? base : { ...base, nodeArgs: options.nodeArgs };
      },
      onListening: (url, pid, restarts) => this.#emit({ kind: "console-listening", pid, url, restarts }),
      onReady: (info) => {
        this.#seeds.add(CONSOLE_SLOT, info.mesh, info.seed);
        this.#emit({ kind: "console-ready", info });
      },
      onExited: (pid, exit) => {
        this.#seeds.remove(CONSOLE_SLOT);
        this.#emit({ kind: "console-exited", pid, exit });
      },
    });
    this.#console = process;
    try {
      await process.start();
    } catch (error) {
      this.#console = undefined;
      this.#watchdog.forgetDirectory(dir.path);
      this.#dirs.remove(dir.slot);
      throw error;
    }
    return process;
  }

  sizes(): Readonly<Record<string, number>> {
    const { processes, directories, files } = this.#watchdog.sizes();
    return {
      ...this.#table.sizes(),
      seeds: this.#seeds.size,
      queuedBoots: this.#queue.queued,
      runningBoots: this.#queue.running,
      inlineNodes: this.#inlineHost?.size ?? 0,
      listeners: this.#listeners.size,
      watchedProcesses: processes,
      watchedDirectories: directories,
      watchedFiles: files,
      ...(this.#console?.sizes() ?? {}),
    };
  }

  close(options: { readonly graceMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#closeAll(
      Math.min(options.graceMs ?? MAX_CLOSE_GRACE_MS, this.#stopGraceMs, MAX_CLOSE_GRACE_MS),
    );
    return this.#closing;
  }

  /** Synchronous from the check to the last add: this is what keeps parallel calls within the pool. */
  #admit(spec: NodeSpec, count: number): Entry[] {
    if (this.#closing) throw new SupervisorError("MESH_E_SUPERVISOR_CLOSED", "");
    this.#table.checkRoom(count);
    const entries: Entry[] = [];
    for (let index = 0; index < count; index++) {
      const { slot, path } = this.#dirs.create();
      this.#watchdog.watchDirectory(path);
      entries.push(this.#table.add(slot, spec, path, this.#inlineHost !== undefined));
    }
    return entries;
  }

  async #boot(entry: Entry): Promise<ReadyNode> {
    const meshes = new Set([...this.#options.meshes, ...this.#table.all().map(({ spec }) => spec.mesh)]);
    entry.observes = (this.#options.observeFor ?? gatewaysObserve)(entry.spec, [...meshes]);
    const job = { mesh: entry.spec.mesh, observes: entry.observes };
    try {
      return await this.#queue.run(job, () => this.#bootNow(entry));
    } catch (error) {
      const { code, message } = describeError(error);
      this.#emit({ kind: "failed", node: snapshot(entry), code, message });
      // A restart that fails keeps the identity for another try; a first boot leaves nothing.
      if (entry.restarts > 0 && entry.intent === "run") entry.state = "exited";
      else this.#remove(entry);
      throw error;
    }
  }

  async #bootNow(entry: Entry): Promise<ReadyNode> {
    this.#assertWanted(entry);
    const { mesh, type } = entry.spec;
    const span = this.#options.telemetry?.startSpan("mesh.supervisor.spawned", {
      attributes: { "mesh.id": mesh, "mesh.node.type": type, "mesh.supervisor.slot": entry.slot },
    });
    const run = this.#launch(entry);
    entry.run = run;
    entry.state = "booting";
    entry.startedAtMs = Date.now();
    entry.exit = undefined;
    void run.exited.then((exit) => this.#onExit(entry, run, exit));
    this.#emit({ kind: "spawned", node: snapshot(entry) });
    try {
      const info = await run.ready;
      this.#assertWanted(entry);
      entry.ready = info;
      entry.state = "ready";
      this.#table.name(entry, info.name);
      this.#seeds.add(entry.slot, mesh, info.seed);
      const node = readySnapshot(entry, info);
      span?.setAttributes({ "mesh.node.name": info.name, "process.pid": info.pid });
      this.#emit({ kind: "ready", node });
      return node;
    } catch (error) {
      span?.setStatus({ code: 2, message: describeError(error).message.slice(0, 512) });
      // A boot that a stop or close overtook is ended by that call, gently.
      if (entry.intent === "run") run.abort();
      await run.exited;
      throw error;
    } finally {
      span?.end();
    }
  }

  #launch(entry: Entry): NodeRun {
    const { slot, spec, dataDir, observes } = entry;
    const onStep = (step: string): void => {
      entry.lastStep = step;
      this.#emit({ kind: "step", node: snapshot(entry), step });
    };
    if (this.#inlineHost) {
      return this.#inlineHost.add(slot, spec, this.#settings.inline(slot, spec, dataDir, observes), onStep);
    }
    const env = this.#settings.environment(slot, spec, dataDir, observes);
    const child = this.#settings.child(this.#options.nodeEntry, env, slot, dataDir);
    return new NodeProcess({ ...child, spec, bootTimeoutMs: this.#bootTimeoutMs, onStep });
  }

  #onExit(entry: Entry, run: NodeRun, exit: ExitInfo): void {
    if (entry.run !== run) return;
    entry.run = undefined;
    entry.exit = exit;
    this.#seeds.remove(entry.slot);
    const expected = entry.intent !== "run";
    entry.state = entry.intent === "restart" ? "queued" : "exited";
    if (!expected && entry.ready) this.#exitSpan(entry, "unexpected", exit)?.end();
    this.#emit({ kind: "exited", node: { ...snapshot(entry), pid: run.pid }, exit, expected });
    const surplus = this.#table.surplusExited();
    if (surplus) this.#remove(surplus);
  }

  async #stopEntry(entry: Entry, reason: string): Promise<StopOutcome> {
    entry.intent = "gone";
    this.#seeds.remove(entry.slot);
    const run = entry.run;
    if (run === undefined) {
      this.#remove(entry);
      return "already-gone";
    }
    entry.state = "stopping";
    const span = this.#exitSpan(entry, reason);
    try {
      const outcome = await run.stop(reason, this.#stopGraceMs);
      this.#remove(entry);
      span?.setAttribute("mesh.supervisor.outcome", outcome);
      return outcome;
    } finally {
      span?.end();
    }
  }

  async #restartEntry(entry: Entry, hard: boolean): Promise<ReadyNode> {
    if (entry.state !== "ready" && entry.state !== "frozen" && entry.state !== "exited") {
      throw new SupervisorError("MESH_E_BAD_STATE", `${entry.ready?.name ?? entry.slot} is ${entry.state}`);
    }
    if (this.#closing) throw new SupervisorError("MESH_E_SUPERVISOR_CLOSED", "");
    if (entry.state === "exited") this.#table.checkRoom(1);
    entry.intent = "restart";
    entry.restarts += 1;
    this.#seeds.remove(entry.slot);
    const run = entry.run;
    entry.state = run ? "stopping" : "queued";
    if (run) {
      const span = this.#exitSpan(entry, "restart");
      if (hard) run.signal("SIGKILL");
      else await run.stop("restart", this.#stopGraceMs);
      await run.exited;
      span?.end();
    }
    // A stop or kill may have come meanwhile: it wins.
    if ((entry.intent as Entry["intent"]) === "restart") entry.intent = "run";
    return this.#boot(entry);
  }

  #remove(entry: Entry): void {
    if (!this.#table.remove(entry)) return;
    this.#seeds.remove(entry.slot);
    try {
      this.#dirs.remove(entry.slot);
      this.#watchdog.forgetDirectory(entry.dataDir);
    } catch (error) {
      // Left in the watchdog's ledger and to the next start's sweep.
      this.#options.log?.(`could not remove ${entry.dataDir}: ${describeError(error).message}`);
    }
    entry.state = "exited";
    this.#emit({ kind: "removed", node: snapshot(entry) });
  }

  async #closeAll(graceMs: number): Promise<void> {
    const entries = this.#table.all();
    const stops = entries.map(async (entry) => {
      entry.intent = "gone";
      const { run } = entry;
      if (run === undefined) return;
      if (entry.shared) await run.exited;
      else if (entry.state === "booting") {
        run.abort();
        await run.exited;
      } else {
        entry.state = "stopping";
        await run.stop("closing", graceMs);
      }
    });
    const host = this.#inlineHost?.stop("closing", graceMs);
    const all = Promise.allSettled([...stops, host, this.#console?.stop("closing", graceMs)]);
    let timer: NodeJS.Timeout | undefined;
    const bound = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), CLOSE_BOUND_MS);
    });
    const outcome = await Promise.race([all, bound]);
    clearTimeout(timer);
    for (const entry of entries) this.#remove(entry);
    // Where a process outlived SIGKILL the watchdog gets no goodbye: it goes on trying when the launcher ends.
    if (outcome !== "late") await this.#watchdog.close();
    this.#dirs.close();
  }

  #assertWanted(entry: Entry): void {
    if (this.#closing) throw new SupervisorError("MESH_E_SUPERVISOR_CLOSED", "");
    if (entry.intent !== "run") throw new SupervisorError("MESH_E_BAD_STATE", "it was stopped before it was ready");
  }

  #require(name: string): Entry {
    const entry = this.#table.find(validateRef(name));
    if (entry === undefined) throw new SupervisorError("MESH_E_NO_SUCH_NODE", name);
    return entry;
  }

  get #bootTimeoutMs(): number {
    return this.#options.bootTimeoutMs ?? DEFAULT_BOOT_TIMEOUT_MS;
  }

  #exitSpan(entry: Entry, reason: string, exit?: ExitInfo) {
    const span = this.#options.telemetry?.startSpan("mesh.supervisor.exited", {
      attributes: { "mesh.id": entry.spec.mesh, "mesh.node.name": entry.ready?.name ?? entry.slot, reason },
    });
    if (exit) span?.setAttributes({ "process.exit.code": exit.code ?? -1, signal: exit.signal ?? "" });
    return span;
  }

  #emit(event: SupervisorEvent extends infer E ? (E extends { atMs: number } ? Omit<E, "atMs"> : never) : never): void {
    const full = { ...event, atMs: Date.now() } as SupervisorEvent;
    this.#console?.announce("supervisor", full);
    for (const listener of this.#listeners) {
      try {
        listener(full);
      } catch (error) {
        this.#options.log?.(`a listener failed on ${full.kind}: ${describeError(error).message}`);
      }
    }
  }
}

function gatewaysObserve(spec: NodeSpec, meshes: readonly string[]): string[] {
  return spec.type === "gateway" ? meshes.filter((mesh) => mesh !== spec.mesh) : [];
}

function describeError(error: unknown): { code: string; message: string; hint: string } {
  if (error instanceof SupervisorError) return { code: error.code, message: error.message, hint: error.hint };
  return { code: "MESH_E_INTERNAL", message: error instanceof Error ? error.message : String(error), hint: "" };
}
