/**
 * All nodes in one process (`mesh up --inline`): starts that process with the first node, adds and removes nodes by message,
 * and starts another when it is gone. A node here can't be killed or frozen alone: those calls are refused. Owner: the
 * supervisor; a slot goes when its node stops, fails, or the process ends.
 */
import { BootWait } from "./boot-wait.js";
import { type InlineNodeOptions, parseChildMessage } from "./child-protocol.js";
import { SupervisorError } from "./errors.js";
import { ManagedChild, type ManagedChildOptions } from "./managed-child.js";
import { bootExit, type NodeRun } from "./node-process.js";
import type { ExitInfo, NodeSpec, ReadyInfo } from "./types.js";

export class InlineHost {
  readonly #childOptions: () => Omit<ManagedChildOptions, "onMessage">;
  readonly #bootTimeoutMs: number;
  readonly #nodes = new Map<string, InlineNode>();
  #child: ManagedChild | undefined;

  constructor(options: { childOptions: () => Omit<ManagedChildOptions, "onMessage">; bootTimeoutMs: number }) {
    this.#childOptions = options.childOptions;
    this.#bootTimeoutMs = options.bootTimeoutMs;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get size(): number {
    return this.#nodes.size;
  }

  add(slot: string, spec: NodeSpec, options: InlineNodeOptions, onStep: (step: string) => void): NodeRun {
    const child = this.#ensureChild();
    const boot = new BootWait({ spec, timeoutMs: this.#bootTimeoutMs, onStep });
    const node = new InlineNode(child, slot, boot);
    this.#nodes.set(slot, node);
    void node.exited.then(() => {
      if (this.#nodes.get(slot) === node) this.#nodes.delete(slot);
    });
    child.send({ kind: "add", slot, options });
    return node;
  }

  /** Ends the process and with it all nodes in it. */
  async stop(reason: string, graceMs: number): Promise<void> {
    await this.#child?.stop(reason, graceMs);
  }

  #ensureChild(): ManagedChild {
    if (this.#child) return this.#child;
    const child = new ManagedChild({ ...this.#childOptions(), onMessage: (raw) => this.#onMessage(child, raw) });
    this.#child = child;
    void child.exited.then((exit) => {
      if (this.#child === child) this.#child = undefined;
      for (const node of [...this.#nodes.values()]) if (node.child === child) node.onProcessExit(exit);
    });
    return child;
  }

  #onMessage(child: ManagedChild, raw: unknown): void {
    const message = parseChildMessage(raw);
    if (message?.slot === undefined) return;
    const node = this.#nodes.get(message.slot);
    if (node?.child !== child) return;
    node.boot.onMessage(message, child.pid);
    if (message.kind === "stopped") node.end({ code: 0, signal: null });
    if (message.kind === "failed") node.end({ code: 1, signal: null });
  }
}

class InlineNode implements NodeRun {
  readonly child: ManagedChild;
  readonly boot: BootWait;
  readonly ready: Promise<ReadyInfo>;
  readonly exited: Promise<ExitInfo>;
  readonly #slot: string;
  #end: (exit: ExitInfo) => void = () => {};
  #stopping: Promise<"graceful" | "forced"> | undefined;

  constructor(child: ManagedChild, slot: string, boot: BootWait) {
    this.child = child;
    this.boot = boot;
    this.ready = boot.ready;
    this.#slot = slot;
    this.exited = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  end(exit: ExitInfo): void {
    this.boot.fail(new SupervisorError("MESH_E_SPAWN_FAILED", "it stopped before it was ready"));
    this.#end(exit);
  }

  onProcessExit(exit: ExitInfo): void {
    this.boot.fail(bootExit(this.child, exit));
    this.#end(exit);
  }

  stop(reason: string, graceMs: number): Promise<"graceful" | "forced"> {
    this.#stopping ??= this.#remove(reason, graceMs).finally(() => {
      this.#stopping = undefined;
    });
    return this.#stopping;
  }

  signal(signal: NodeJS.Signals): void {
    throw new SupervisorError("MESH_E_SHARED_PROCESS", `${signal} would reach every node of process ${this.pid}`);
  }

  abort(): void {
    this.child.send({ kind: "remove", slot: this.#slot, reason: "boot aborted" });
    // There is no force to use on one node of a shared process: it is let go of, and ends with the process at the latest.
    this.#end({ code: null, signal: null });
  }

  async #remove(reason: string, graceMs: number): Promise<"graceful" | "forced"> {
    this.child.send({ kind: "remove", slot: this.#slot, reason });
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), graceMs);
    });
    const exit = await Promise.race([this.exited, timeout]);
    clearTimeout(timer);
    if (exit === undefined) throw new SupervisorError("MESH_E_STOP_TIMEOUT", `after ${graceMs} ms`);
    return exit.code === 0 ? "graceful" : "forced";
  }
}
