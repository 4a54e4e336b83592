/**
 * Keeps one live stream open: reads it with fetch, resumes with Last-Event-ID, returns after a break with back-off, and gives up on a
 * connection that is silent although the console would ping. Ends with `stop()`, or where the console refuses the token.
 */
import { backOffMs } from "./back-off.js";
import type { StreamPhase } from "./connection.js";
import { type SseEvent, SseParser } from "./sse-parser.js";

/** A connection without a byte for this long is replaced; the console pings every 2 s. */
const SILENCE_MS = 8_000;
const CONNECT_MS = 5_000;

export interface StreamClientOptions {
  readonly url: string;
  readonly token: string;
  readonly fetch: typeof fetch;
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly onPhase: (phase: StreamPhase) => void;
  /** False where the event does not follow the one before: the stream starts over with a snapshot. */
  readonly onEvent: (event: SseEvent) => boolean;
}

export class StreamClient {
  readonly #options: StreamClientOptions;
  #stopped = false;
  #lastEventId = "";
  #attempt = 0;
  #connection: AbortController | undefined;
  #wake: (() => void) | undefined;

  constructor(options: StreamClientOptions) {
    this.#options = options;
  }

  /** Resolves after `stop()` or a refusal; never rejects. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      this.#options.onPhase({ phase: "connecting", attempt: this.#attempt });
      const end = await this.#connect();
      if (this.#stopped) return;
      if (end.refused !== undefined) {
        this.#options.onPhase({ phase: "refused", status: end.refused, message: end.reason });
        return;
      }
      const delayMs = backOffMs(this.#attempt, this.#options.random());
      const retryAtMs = this.#options.nowMs() + delayMs;
      this.#attempt += 1;
      this.#options.onPhase({ phase: "waiting", attempt: this.#attempt, retryAtMs, reason: end.reason });
      await this.#wait(delayMs);
    }
  }

  /** Ends a wait: the network is back, or somebody looks at the page again. */
  retryNow(): void {
    this.#wake?.();
  }

  stop(): void {
    this.#stopped = true;
    this.#connection?.abort();
    this.#wake?.();
  }

  async #connect(): Promise<{ reason: string; refused?: number }> {
    const { url, token, onPhase } = this.#options;
    const connection = new AbortController();
    this.#connection = connection;
    let why = "the stream ended";
    let timer: ReturnType<typeof setTimeout> | undefined;
    const giveUpAfter = (ms: number, reason: string) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        why = reason;
        connection.abort();
      }, ms);
    };
    try {
      giveUpAfter(CONNECT_MS, "the console does not answer");
      const headers: Record<string, string> = { authorization: `Bearer ${token}`, accept: "text/event-stream" };
      if (this.#lastEventId !== "") headers["last-event-id"] = this.#lastEventId;
      const response = await this.#options.fetch(url, { headers, signal: connection.signal });
      if (response.status === 401 || response.status === 403)
        return { reason: await messageOf(response), refused: response.status };
      if (!response.ok || response.body === null) return { reason: await messageOf(response) };
      onPhase({ phase: "open" });
      const parser = new SseParser();
      const decoder = new TextDecoder();
      const reader = response.body.getReader();
      for (;;) {
        giveUpAfter(SILENCE_MS, `the stream was silent for ${SILENCE_MS / 1_000} s`);
        const { done, value } = await reader.read();
        if (done) return { reason: why };
        for (const event of parser.push(decoder.decode(value, { stream: true }))) {
          if (!this.#options.onEvent(event)) {
            this.#lastEventId = "";
            return { reason: "a message of the stream was lost" };
          }
          this.#lastEventId = event.id;
          this.#attempt = 0;
        }
      }
    } catch (error) {
      if (why !== "the stream ended") return { reason: why };
      return { reason: error instanceof TypeError ? "the console does not answer" : String(error) };
    } finally {
      clearTimeout(timer);
      connection.abort();
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wake = done;
    });
  }
}

async function messageOf(response: Response): Promise<string> {
  try {
    const body = (await response.json()) as { message?: unknown; hint?: unknown };
    if (typeof body.message === "string") return body.message;
  } catch {
    // Not JSON: the status says what there is to say.
  }
  return `the console answered ${response.status}`;
}
