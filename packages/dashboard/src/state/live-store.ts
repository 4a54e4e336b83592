/**
 * The page's one store: the stream's data, when it last said something, and what the connection does. Components subscribe through
 * hooks/use-live.ts. Owner: main.tsx, one per token; ends with `close()`.
 */
import type { Delta, Ping, Snapshot } from "@meshwork/console/api-types";
import type { StreamPhase } from "./connection.js";
import { fromSnapshot, type LiveData, withDelta, withPing } from "./live-state.js";
import type { SseEvent } from "./sse-parser.js";
import { StreamClient } from "./stream-client.js";

export interface LiveView {
  readonly phase: StreamPhase;
  /** By the page's monotonic clock; null before the first message. */
  readonly lastEventAtMs: number | null;
  readonly data: LiveData | null;
}

export interface LiveStoreOptions {
  readonly token: string;
  readonly fetch: typeof fetch;
  readonly nowMs: () => number;
}

export class LiveStore {
  readonly #options: LiveStoreOptions;
  readonly #listeners = new Set<() => void>();
  #client: StreamClient | undefined;
  #view: LiveView = { phase: { phase: "connecting", attempt: 0 }, lastEventAtMs: null, data: null };

  constructor(options: LiveStoreOptions) {
    this.#options = options;
  }

  /** Opens the stream; the one before, if any, ends. */
  start(): void {
    this.#client?.stop();
    this.#client = new StreamClient({
      ...this.#options,
      url: "/api/stream",
      random: Math.random,
      onPhase: (phase) => this.#set({ ...this.#view, phase }),
      onEvent: (event) => this.#take(event),
    });
    void this.#client.run();
  }

  readonly retryNow = (): void => this.#client?.retryNow();

  close(): void {
    this.#client?.stop();
    this.#client = undefined;
  }

  readonly view = (): LiveView => this.#view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #take(event: SseEvent): boolean {
    const nowMs = this.#options.nowMs();
    const data = next(this.#view.data, event, nowMs);
    if (data === undefined) return false;
    this.#set({ phase: { phase: "open" }, lastEventAtMs: nowMs, data });
    return true;
  }

  #set(view: LiveView): void {
    this.#view = view;
    for (const listener of this.#listeners) listener();
  }
}

/** Undefined where the event can not be applied. Events of other names are for newer pages and change nothing. */
function next(data: LiveData | null, { event, data: text }: SseEvent, nowMs: number): LiveData | null | undefined {
  if (event === "snapshot") return fromSnapshot(JSON.parse(text) as Snapshot, nowMs);
  if (event !== "delta" && event !== "ping") return data;
  if (data === null) return undefined;
  if (event === "ping") return withPing(data, (JSON.parse(text) as Ping).seq);
  return withDelta(data, JSON.parse(text) as Delta, nowMs);
}
