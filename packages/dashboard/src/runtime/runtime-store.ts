/** The stream of what nodes hold. Owner: the Runtime tab, while it is shown; ends with `close()`. */
import type { Delta, Ping, RuntimeSnapshot } from "@meshwork/console/api-types";
import type { SseEvent } from "../state/sse-parser.js";
import { StreamClient } from "../state/stream-client.js";
import { type RuntimeData, runtimeFrom, runtimeWith } from "./runtime-state.js";

export interface RuntimeStoreOptions {
  readonly token: string;
  readonly fetch: typeof fetch;
  readonly nowMs: () => number;
}

export class RuntimeStore {
  readonly #options: RuntimeStoreOptions;
  readonly #listeners = new Set<() => void>();
  readonly #client: StreamClient;
  #data: RuntimeData | null = null;

  constructor(options: RuntimeStoreOptions) {
    this.#options = options;
    this.#client = new StreamClient({
      ...options,
      url: "/api/stream?only=runtime",
      random: Math.random,
      // The page's own stream tells of the connection.
      onPhase: () => {},
      onEvent: (event) => this.#take(event),
    });
  }

  start(): void {
    void this.#client.run();
  }

  close(): void {
    this.#client.stop();
  }

  readonly data = (): RuntimeData | null => this.#data;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #take({ event, data: text }: SseEvent): boolean {
    const next = this.#next(event, text);
    if (next === undefined) return false;
    this.#data = next;
    for (const listener of this.#listeners) listener();
    return true;
  }

  #next(event: string, text: string): RuntimeData | null | undefined {
    const [data, nowMs] = [this.#data, this.#options.nowMs()];
    if (event === "snapshot") return runtimeFrom(JSON.parse(text) as RuntimeSnapshot, data, nowMs);
    if (event !== "delta" && event !== "ping") return data;
    if (data === null) return undefined;
    if (event === "ping") return { ...data, seq: (JSON.parse(text) as Ping).seq };
    return runtimeWith(data, JSON.parse(text) as Delta, nowMs);
  }
}
