/**
 * One node in a process of its own, from fork to exit. A restart is a new NodeProcess. Owner: the table entry of the node.
 */
import { BootWait } from "./boot-wait.js";
import { parseChildMessage } from "./child-protocol.js";
import { SupervisorError } from "./errors.js";
import { ManagedChild, type ManagedChildOptions } from "./managed-child.js";
import type { ExitInfo, NodeSpec, ReadyInfo } from "./types.js";

/** One life of a node, in a process of its own or in a shared one (inline-host.ts). */
export interface NodeRun {
  readonly pid: number | undefined;
  readonly ready: Promise<ReadyInfo>;
  /** Never rejects. */
  readonly exited: Promise<ExitInfo>;
  stop(reason: string, graceMs: number): Promise<"graceful" | "forced">;
  /** MESH_E_SHARED_PROCESS where the process is not this node's alone. */
  signal(signal: NodeJS.Signals): void;
  /** Ends a boot that nobody waits for any more. */
  abort(): void;
}

const TAIL_LINES = 5;

export class NodeProcess implements NodeRun {
  readonly ready: Promise<ReadyInfo>;
  readonly exited: Promise<ExitInfo>;
  readonly #child: ManagedChild;

  constructor(
    options: Omit<ManagedChildOptions, "onMessage"> & {
      readonly spec: NodeSpec;
      readonly bootTimeoutMs: number;
      readonly onStep: (step: string) => void;
    },
  ) {
    const { spec, bootTimeoutMs, onStep, ...childOptions } = options;
    const boot = new BootWait({ spec, timeoutMs: bootTimeoutMs, onStep });
    this.ready = boot.ready;
    const child = new ManagedChild({
      ...childOptions,
      onMessage: (raw) => {
        const message = parseChildMessage(raw);
        if (message?.slot === undefined && message) boot.onMessage(message, child.pid);
      },
    });
    this.#child = child;
    this.exited = child.exited;
    void child.exited.then((exit) => boot.fail(bootExit(child, exit)));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  stop(reason: string, graceMs: number): Promise<"graceful" | "forced"> {
    return this.#child.stop(reason, graceMs);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.signal(signal);
  }

  abort(): void {
    this.#child.signal("SIGKILL");
  }
}

/** What to say of a child that ended before it was ready and gave no reason itself. */
export function bootExit(child: ManagedChild, exit: ExitInfo): SupervisorError {
  if (child.spawnError) {
    return new SupervisorError("MESH_E_SPAWN_FAILED", child.spawnError.message, { cause: child.spawnError });
  }
  const how = exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
  const tail = child.output.lastLines(TAIL_LINES);
  return new SupervisorError("MESH_E_SPAWN_FAILED", `ended with ${how} before it was ready${tail && `: ${tail}`}`);
}
