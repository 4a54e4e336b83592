/**
 * The page's one store: the stream's data, when it last said something, and what the connection does. Components subscribe through
 * hooks/use-live.ts. Figures whose showing takes more than a frame are shown the less often, so that the page stays fluent whatever the
 * stream brings. What the connection does is shown at once; so is what happens to nodes, unless these are many: then it always does. Owner: main.tsx, one per token; ends with `close()`.
 */
import type { Delta, Ping, Snapshot } from "@meshwork/console/api-types";
import type { StreamPhase } from "./connection.js";
import { fromSnapshot, type LiveData, withDelta, withPing } from "./live-state.js";
import { Pace } from "./pace.js";
import type { SseEvent } from "./sse-parser.js";
import { StreamClient } from "./stream-client.js";

const MANY = 200;

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
  readonly #pace = new Pace();
  #client: StreamClient | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The newest; `#shown` is what components see. */
  #view: LiveView = { phase: { phase: "connecting", attempt: 0 }, lastEventAtMs: null, data: null };
  #shown = this.#view;

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
      onPhase: (phase) => {
        this.#view = { ...this.#view, phase };
        this.#show();
      },
      onEvent: (event) => this.#take(event),
    });
    void this.#client.run();
  }

  readonly retryNow = (): void => this.#client?.retryNow();

  close(): void {
    this.#client?.stop();
    this.#client = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly view = (): LiveView => this.#shown;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #take(event: SseEvent): boolean {
    const nowMs = this.#options.nowMs();
    const before = this.#view.data;
    const data = next(before, event, nowMs);
    if (data === undefined) return false;
    this.#view = { phase: { phase: "open" }, lastEventAtMs: nowMs, data };
    const isNews = data !== null && data.nodes.size <= MANY && data.events !== before?.events;
    const waitMs = isNews ? 0 : this.#pace.waitMs(nowMs);
    if (waitMs === 0) this.#show();
    else this.#timer ??= setTimeout(() => this.#show(), waitMs);
    return true;
  }

  #show(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#shown === this.#view) return;
    this.#shown = this.#view;
    const shown = this.#pace.begin(this.#options.nowMs());
    for (const listener of this.#listeners) listener();
    // Components are rendered before the next task begins.
    setTimeout(() => shown(this.#options.nowMs()), 0);
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
