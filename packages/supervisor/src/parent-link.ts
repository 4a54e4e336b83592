/**
 * The child's end of the child protocol: what a node process, an inline host and the console process use to talk to the
 * supervisor that started them. Ends with the process: when the channel breaks (the launcher is gone, however it went), the
 * process ends too, unless the caller says otherwise.
 */
import { Socket } from "node:net";
import type { ChildMessage, ParentMessage } from "./child-protocol.js";
import { parseParentMessage } from "./child-protocol.js";
import type { ReadyInfo } from "./types.js";

/** The part of `process` that is used; a stand-in for tests. */
export interface ChildProcessPort {
  readonly pid: number;
  readonly connected?: boolean;
  send?(message: unknown, callback: (error: Error | null) => void): boolean;
  on(event: "message" | "disconnect", listener: (value?: unknown, handle?: unknown) => void): unknown;
  exit(code?: number): void;
}

export interface ParentLink {
  step(step: string, slot?: string): void;
  ready(info: Omit<ReadyInfo, "pid">, slot?: string): Promise<void>;
  /** Takes code and hint from the error where it has them. Resolves when it is written: exit after that, not before. */
  failed(error: unknown, step?: string, slot?: string): Promise<void>;
  stopped(slot?: string): Promise<void>;
  listening(url: string, port: number): Promise<void>;
  onMessage(listener: (message: ParentMessage) => void): void;
  /** Connections that the launcher accepted for this process. */
  onConnection(listener: (socket: Socket) => void): void;
}

/** Exit code of a child whose supervisor is gone. */
export const EXIT_ORPHANED = 70;

/** Undefined where this process was not started by a supervisor. */
export function connectParent(
  port: ChildProcessPort = process as unknown as ChildProcessPort,
  options: { readonly onGone?: () => void } = {},
): ParentLink | undefined {
  const send = port.send?.bind(port);
  if (send === undefined || port.connected === false) return undefined;
  port.on("disconnect", options.onGone ?? (() => port.exit(EXIT_ORPHANED)));
  const post = (message: ChildMessage): Promise<void> =>
    new Promise((resolve) => {
      // A broken channel is the disconnect handler's business, not the caller's.
      try {
        send(message, () => resolve());
      } catch {
        resolve();
      }
    });
  const at = (slot: string | undefined): { slot?: string } => (slot === undefined ? {} : { slot });
  return {
    step: (step, slot) => void post({ kind: "step", step, ...at(slot) }),
    ready: (info, slot) => {
      const { id, name, mesh, type, addresses, seed, bootMs, bootTraceId } = info;
      const own = { id, name, mesh, type, addresses, seed, bootMs, bootTraceId };
      return post({ kind: "ready", ...own, pid: port.pid, ...at(slot) });
    },
    failed: (error, step, slot) => {
      const { code, message, hint } = describe(error);
      return post({ kind: "failed", code, message, hint, ...(step === undefined ? {} : { step }), ...at(slot) });
    },
    stopped: (slot) => post({ kind: "stopped", ...at(slot) }),
    listening: (url, listeningPort) => post({ kind: "listening", url, port: listeningPort }),
    onMessage: (listener) => {
      port.on("message", (raw) => {
        const message = parseParentMessage(raw);
        if (message) listener(message);
      });
    },
    onConnection: (listener) => {
      port.on("message", (_, handle) => {
        if (handle instanceof Socket) listener(handle);
      });
    },
  };
}

function describe(error: unknown): { code: string; message: string; hint: string } {
  const fields = typeof error === "object" && error !== null ? (error as Record<string, unknown>) : {};
  const code = typeof fields.code === "string" && /^[A-Z][A-Z0-9_]{0,63}$/.test(fields.code) ? fields.code : "";
  return {
    code: code || "MESH_E_INTERNAL",
    message: (error instanceof Error ? error.message : String(error)).slice(0, 4_000),
    hint: typeof fields.hint === "string" ? fields.hint.slice(0, 1_000) : "",
  };
}
