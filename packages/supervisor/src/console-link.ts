/**
 * Calls and events between the console process and the supervisor, over the IPC channel that the child protocol uses too
 * (`kind: "rpc-…"`). Both ends are alike: each can call, answer and announce. A link lives as long as the channel: when it
 * breaks every waiting call fails at once, and a new console gets a new link.
 *
 * Bounds: calls waiting here, calls being answered here, and events not yet handed to the system; what is above is refused
 * (calls) or dropped and counted (events).
 */
import { RemoteError, SupervisorError } from "./errors.js";
import type { ManagedNode, ReadyNode, SpawnManyResult, SpawnRequest, StopOutcome, SupervisorEvent } from "./types.js";
import { isRecord } from "./validate.js";

const MAX_WAITING_CALLS = 256;
const MAX_ANSWERING_CALLS = 256;
const MAX_QUEUED_EVENTS = 1_024;
/** Above the 15 s of a boot, so that the boot's own error arrives first. */
const CALL_TIMEOUT_MS = 20_000;

/** Operations by name: what goes in and what comes out. JSON both ways. */
export type OperationTable = Record<string, { params: unknown; result: unknown }>;

/** What the supervisor answers out of the box (`supervisorHandlers`); a launcher adds its own, e.g. `demo-start`. */
export type SupervisorOperations = {
  list: { params: undefined; result: readonly ManagedNode[] };
  spawn: { params: SpawnRequest & { readonly count: number }; result: SpawnManyResult };
  stop: { params: { readonly name: string; readonly reason?: string }; result: StopOutcome };
  kill: { params: { readonly name: string; readonly keepData?: boolean }; result: null };
  restart: { params: { readonly name: string; readonly hard?: boolean }; result: ReadyNode };
  freeze: { params: { readonly name: string }; result: null };
  thaw: { params: { readonly name: string }; result: null };
  seeds: { params: { readonly mesh: string; readonly count: number }; result: readonly string[] };
};

/** What the supervisor announces by itself. */
export type SupervisorAnnouncements = { supervisor: SupervisorEvent };

export type Handlers<Ops extends OperationTable> = {
  readonly [Op in keyof Ops]: (params: Ops[Op]["params"]) => Promise<Ops[Op]["result"]> | Ops[Op]["result"];
};

export interface Link<RemoteOps extends OperationTable> {
  /** Rejects with RemoteError (the other side's code), MESH_E_LINK_TIMEOUT, _LINK_BUSY, _CONSOLE_GONE or _NO_SUPERVISOR. */
  call<Op extends keyof RemoteOps & string>(
    operation: Op,
    params: RemoteOps[Op]["params"],
    options?: { readonly timeoutMs?: number },
  ): Promise<RemoteOps[Op]["result"]>;
  /** At most once, no answer. False where it was dropped. */
  announce(event: string, data: unknown): boolean;
  onAnnounce(listener: (event: string, data: unknown) => void): () => void;
  close(): void;
  sizes(): { waitingCalls: number; answeringCalls: number; queuedEvents: number; droppedEvents: number };
}

/** The part of `ChildProcess` and of `process` that a link uses. */
export interface LinkPort {
  readonly connected?: boolean;
  send?(message: unknown, callback: (error: Error | null) => void): boolean;
  on(event: "message" | "disconnect", listener: (value?: unknown) => void): unknown;
  off(event: "message" | "disconnect", listener: (value?: unknown) => void): unknown;
}

/** In the launcher, on the console's child process. */
export function serveConsole<LocalOps extends OperationTable, RemoteOps extends OperationTable = OperationTable>(
  child: LinkPort,
  handlers: Handlers<LocalOps>,
): Link<RemoteOps> {
  return createLink(child, handlers as Handlers<OperationTable>, "MESH_E_CONSOLE_GONE") as Link<RemoteOps>;
}

/** In the console process: undefined where it was not started by a supervisor. */
export function connectSupervisor<
  RemoteOps extends OperationTable = SupervisorOperations,
  LocalOps extends OperationTable = OperationTable,
>(
  port: LinkPort = process as unknown as LinkPort,
  handlers: Handlers<LocalOps> = {} as Handlers<LocalOps>,
): Link<RemoteOps> | undefined {
  if (port.send === undefined || port.connected === false) return undefined;
  return createLink(port, handlers as Handlers<OperationTable>, "MESH_E_NO_SUPERVISOR") as Link<RemoteOps>;
}

interface WaitingCall {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

function createLink(
  port: LinkPort,
  handlers: Handlers<OperationTable>,
  goneCode: "MESH_E_CONSOLE_GONE" | "MESH_E_NO_SUPERVISOR",
): Link<OperationTable> {
  const waiting = new Map<number, WaitingCall>();
  const listeners = new Set<(event: string, data: unknown) => void>();
  let nextId = 1;
  let answering = 0;
  let queuedEvents = 0;
  let droppedEvents = 0;
  let open = true;

  const post = (message: Record<string, unknown>, done: (error: Error | null) => void): void => {
    try {
      if (port.send === undefined || port.connected === false) done(new Error("channel closed"));
      else port.send(message, done);
    } catch (error) {
      done(error as Error);
    }
  };

  const settle = (id: number): WaitingCall | undefined => {
    const call = waiting.get(id);
    if (call === undefined) return undefined;
    waiting.delete(id);
    clearTimeout(call.timer);
    return call;
  };

  const answer = async (id: number, operation: string, params: unknown): Promise<void> => {
    answering += 1;
    try {
      const handler = Object.hasOwn(handlers, operation) ? handlers[operation] : undefined;
      if (handler === undefined) throw new SupervisorError("MESH_E_NO_SUCH_CALL", operation);
      const value = await handler(params);
      post({ kind: "rpc-reply", id, value: value ?? null }, () => {});
    } catch (error) {
      post({ kind: "rpc-reply", id, error: wireError(error) }, () => {});
    } finally {
      answering -= 1;
    }
  };

  const onMessage = (raw: unknown): void => {
    if (!isRecord(raw)) return;
    const { kind, id } = raw;
    if (kind === "rpc-call" && Number.isSafeInteger(id) && typeof raw.operation === "string") {
      if (answering < MAX_ANSWERING_CALLS) void answer(id as number, raw.operation, raw.params);
      else post({ kind: "rpc-reply", id, error: wireError(new SupervisorError("MESH_E_LINK_BUSY", "")) }, () => {});
    } else if (kind === "rpc-reply" && Number.isSafeInteger(id)) {
      const call = settle(id as number);
      if (call === undefined) return;
      if (isRecord(raw.error)) call.reject(remoteError(raw.error));
      else call.resolve(raw.value);
    } else if (kind === "rpc-event" && typeof raw.event === "string") {
      for (const listener of listeners) listener(raw.event, raw.data);
    }
  };

  const close = (): void => {
    if (!open) return;
    open = false;
    port.off("message", onMessage);
    port.off("disconnect", close);
    for (const id of [...waiting.keys()]) settle(id)?.reject(new SupervisorError(goneCode, ""));
    listeners.clear();
  };

  port.on("message", onMessage);
  port.on("disconnect", close);

  return {
    call: (operation, params, options = {}) =>
      new Promise((resolve, reject) => {
        if (!open) return reject(new SupervisorError(goneCode, operation));
        if (waiting.size >= MAX_WAITING_CALLS) return reject(new SupervisorError("MESH_E_LINK_BUSY", operation));
        const id = nextId++;
        const timeoutMs = options.timeoutMs ?? CALL_TIMEOUT_MS;
        const timer = setTimeout(() => {
          settle(id)?.reject(new SupervisorError("MESH_E_LINK_TIMEOUT", `${operation} after ${timeoutMs} ms`));
        }, timeoutMs);
        waiting.set(id, { resolve, reject, timer });
        post({ kind: "rpc-call", id, operation, params }, (error) => {
          if (error) settle(id)?.reject(new SupervisorError(goneCode, operation, { cause: error }));
        });
      }),
    announce: (event, data) => {
      if (!open || queuedEvents >= MAX_QUEUED_EVENTS) {
        droppedEvents += 1;
        return false;
      }
      queuedEvents += 1;
      post({ kind: "rpc-event", event, data }, () => {
        queuedEvents -= 1;
      });
      return true;
    },
    onAnnounce: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close,
    sizes: () => ({ waitingCalls: waiting.size, answeringCalls: answering, queuedEvents, droppedEvents }),
  };
}

function wireError(error: unknown): { code: string; message: string; hint: string } {
  const { code, hint } = (isRecord(error) ? error : {}) as { code?: unknown; hint?: unknown };
  return {
    code: typeof code === "string" ? code : "MESH_E_INTERNAL",
    message: error instanceof Error ? error.message : String(error),
    hint: typeof hint === "string" ? hint : "",
  };
}

function remoteError(raw: Record<string, unknown>): RemoteError {
  const { code, message, hint } = raw;
  return new RemoteError(
    typeof code === "string" ? code : "MESH_E_INTERNAL",
    typeof message === "string" ? message : "unknown error",
    typeof hint === "string" ? hint : "",
  );
}
