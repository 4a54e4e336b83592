/** The judge's end of one probe. Ended by `close` or by the end of the process it looks into. */
import { createConnection, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { type ProbeLine, type ProbeOperations, probePath, type SeenChange } from "./protocol.js";

/** Above how long a fault freezes a process, and how long one that has just begun waits for its turn on a busy machine. */
const ANSWER_TIMEOUT_MS = 15_000;
/** Lines may lie unread in a frozen process: more calls are refused. */
const MAX_PENDING = 64;

export class ProbeClient {
  readonly #socket: Socket;
  readonly #pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #next = 0;

  private constructor(socket: Socket, onChange: (change: SeenChange) => void) {
    this.#socket = socket;
    // readline hands the socket's errors on.
    const lines = createInterface({ input: socket }).on("error", () => socket.destroy());
    lines.on("line", (line) => {
      const message = JSON.parse(line) as ProbeLine;
      if ("change" in message) onChange(message.change);
      else this.#answered(message);
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      for (const { reject } of this.#pending.values()) reject(new Error("the process is gone"));
      this.#pending.clear();
    });
  }

  static async connect(
    launcherPid: number,
    pid: number,
    onChange: (change: SeenChange) => void = () => {},
  ): Promise<ProbeClient> {
    const socket = createConnection(probePath(launcherPid, pid));
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return new ProbeClient(socket, onChange);
  }

  call<K extends keyof ProbeOperations>(
    operation: K,
    params: ProbeOperations[K]["params"],
  ): Promise<ProbeOperations[K]["result"]> {
    if (this.#socket.destroyed) return Promise.reject(new Error("the process is gone"));
    if (this.#pending.size >= MAX_PENDING) return Promise.reject(new Error("the process does not answer"));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(() => reject(new Error("the process did not answer"))), ANSWER_TIMEOUT_MS);
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        this.#pending.delete(id);
        finish();
      };
      this.#pending.set(id, {
        resolve: (value) => settle(() => resolve(value as ProbeOperations[K]["result"])),
        reject: (error) => settle(() => reject(error)),
      });
      this.#socket.write(`${JSON.stringify({ id, operation, params })}\n`);
    });
  }

  /** Also called after `close`. */
  onClosed(listener: () => void): void {
    if (this.#socket.destroyed) listener();
    else this.#socket.once("close", listener);
  }

  close(): void {
    this.#socket.destroy();
  }

  #answered(message: Extract<ProbeLine, { id: number }>): void {
    const pending = this.#pending.get(message.id);
    if ("error" in message) pending?.reject(new Error(message.error));
    else pending?.resolve(message.result);
  }
}
