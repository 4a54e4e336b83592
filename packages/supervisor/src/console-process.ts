/**
 * The console's process: an ordinary node of type `console` that also serves HTTP. Its death harms no node, and it is back
 * within 5 s on the same port with the same token and identity, never after `close()`. Owner: the supervisor, at most one.
 */
import type { Socket } from "node:net";
import { parseChildMessage } from "./child-protocol.js";
import { type Handlers, type Link, type OperationTable, serveConsole } from "./console-link.js";
import { SupervisorError } from "./errors.js";
import { ManagedChild, type ManagedChildOptions } from "./managed-child.js";
import { bootExit } from "./node-process.js";
import type { ExitInfo, ReadyInfo } from "./types.js";

export interface ConsoleOptions {
  /** JavaScript file of the console. */
  readonly entry: string;
  /** Its own mesh; it observes the supervisor's others unless `observe` says which. */
  readonly mesh: string;
  readonly observe?: readonly string[];
  /** 0: any free one; a respawn then keeps the port that was found. */
  readonly port: number;
  readonly token: string;
  /** Further variables, from the launcher, never from a request. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it may call besides the supervisor's own operations. */
  readonly handlers?: Handlers<OperationTable>;
  readonly nodeArgs?: readonly string[];
}

export interface ConsoleHandle {
  readonly pid: number | undefined;
  readonly url: string;
  readonly port: number;
  readonly restarts: number;
  /** Its node, once that is ready; again after each respawn. */
  readonly info: ReadyInfo | undefined;
  /** MESH_E_CONSOLE_GONE while it is down. */
  call: Link<OperationTable>["call"];
  announce(event: string, data: unknown): boolean;
  /** Gives it a connection that was accepted elsewhere; closed where there is no console at the moment. */
  handOver(socket: Socket): void;
}

export interface ConsoleHooks {
  readonly childOptions: (port: number) => Omit<ManagedChildOptions, "onMessage">;
  readonly handlers: Handlers<OperationTable>;
  readonly onListening: (url: string, pid: number, restarts: number) => void;
  readonly onReady: (info: ReadyInfo) => void;
  readonly onExited: (pid: number | undefined, exit: ExitInfo) => void;
}

/** Pauses before the attempts of a respawn; the last repeats. All well below the 5 s that it may take. */
const BACKOFF_MS = [50, 500, 1_000, 2_000] as const;
const HEALTHY_AFTER_MS = 30_000;
const FIRST_LISTEN_MS = 15_000;
const FAILED_EXIT_MS = 500;

export class ConsoleProcess implements ConsoleHandle {
  readonly #hooks: ConsoleHooks;
  #port: number;
  #url = "";
  #info: ReadyInfo | undefined;
  #child: ManagedChild | undefined;
  #link: Link<OperationTable> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #restarts = 0;
  #attempt = 0;
  #closed = false;
  #hasListened = false;
  #startedAt = 0;
  #settleFirst: { resolve: () => void; reject: (error: SupervisorError) => void } | undefined;

  constructor(port: number, hooks: ConsoleHooks) {
    this.#port = port;
    this.#hooks = hooks;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }
  get url(): string {
    return this.#url;
  }
  get port(): number {
    return this.#port;
  }
  get restarts(): number {
    return this.#restarts;
  }
  get info(): ReadyInfo | undefined {
    return this.#info;
  }

  /** Resolves when it listens; rejects with what it reported when it fails before that, and it is then not started again. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#failFirst("MESH_E_BOOT_TIMEOUT", `after ${FIRST_LISTEN_MS} ms`),
        FIRST_LISTEN_MS,
      );
      this.#settleFirst = {
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
        reject: (error) => {
          clearTimeout(timer);
          this.#closed = true;
          this.#child?.signal("SIGKILL");
          reject(error);
        },
      };
      this.#fork();
    });
  }

  call: ConsoleHandle["call"] = (operation, params, options) =>
    this.#link === undefined
      ? Promise.reject(new SupervisorError("MESH_E_CONSOLE_GONE", operation))
      : this.#link.call(operation, params, options);

  announce(event: string, data: unknown): boolean {
    return this.#link?.announce(event, data) ?? false;
  }

  handOver(socket: Socket): void {
    const child = this.#child?.process;
    if (child?.connected !== true) socket.destroy();
    else child.send({ kind: "connection" }, socket, {}, (error) => error && socket.destroy());
  }

  async stop(reason: string, graceMs: number): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#child?.stop(reason, graceMs);
  }

  sizes(): { consoleWaitingCalls: number; consoleQueuedEvents: number } {
    const sizes = this.#link?.sizes();
    return { consoleWaitingCalls: sizes?.waitingCalls ?? 0, consoleQueuedEvents: sizes?.queuedEvents ?? 0 };
  }

  #fork(): void {
    this.#startedAt = performance.now();
    const child = new ManagedChild({
      ...this.#hooks.childOptions(this.#port),
      onMessage: (raw) => this.#onMessage(child, raw),
    });
    this.#child = child;
    const link = serveConsole(child.process, this.#hooks.handlers);
    this.#link = link;
    void child.exited.then((exit) => {
      link.close();
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#link = undefined;
      this.#info = undefined;
      this.#hooks.onExited(child.pid, exit);
      this.#settleFirst?.reject(bootExit(child, exit));
      this.#settleFirst = undefined;
      if (!this.#closed && this.#hasListened) this.#planRespawn();
    });
  }

  #planRespawn(): void {
    if (performance.now() - this.#startedAt > HEALTHY_AFTER_MS) this.#attempt = 0;
    const delayMs = BACKOFF_MS[Math.min(this.#attempt, BACKOFF_MS.length - 1)] ?? 0;
    this.#attempt += 1;
    this.#timer = setTimeout(() => {
      this.#restarts += 1;
      this.#fork();
    }, delayMs);
  }

  #onMessage(child: ManagedChild, raw: unknown): void {
    const message = parseChildMessage(raw);
    if (message === undefined || this.#child !== child) return;
    if (message.kind === "listening") {
      this.#hasListened = true;
      this.#port = message.port;
      this.#url = message.url;
      this.#hooks.onListening(message.url, child.pid ?? 0, this.#restarts);
      this.#settleFirst?.resolve();
      this.#settleFirst = undefined;
    } else if (message.kind === "ready" && message.pid === child.pid) {
      const { id, name, mesh, type, addresses, seed, bootMs, bootTraceId, pid } = message;
      this.#info = { id, name, mesh, type, addresses, seed, bootMs, bootTraceId, pid };
      this.#hooks.onReady(this.#info);
    } else if (message.kind === "failed") {
      const { code, message: text, hint, step } = message;
      this.#settleFirst?.reject(
        new SupervisorError("MESH_E_SPAWN_FAILED", `console: ${code}: ${text}`, {
          child: { code, message: text, hint, step },
        }),
      );
      this.#settleFirst = undefined;
      // It has nothing left to do; one that does not end by itself would block the next attempt.
      const timer = setTimeout(() => child.signal("SIGKILL"), FAILED_EXIT_MS);
      void child.exited.then(() => clearTimeout(timer));
    }
  }

  #failFirst(code: "MESH_E_BOOT_TIMEOUT", detail: string): void {
    this.#settleFirst?.reject(new SupervisorError(code, `the console does not listen ${detail}`));
    this.#settleFirst = undefined;
  }
}
