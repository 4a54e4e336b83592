/** Calls of the console's API that the stream does not carry: directories, traces, the past; and what changes something. */
import { ApiFailure, ConsoleApi, type Target } from "@meshwork/console/client";

export { ApiFailure };

const TIMEOUT_MS = 8_000;

/** What was thrown at a call, as what the page shows. */
export function failureOf(error: unknown): ApiFailure {
  return error instanceof ApiFailure ? error : new ApiFailure(0, "", String(error), "");
}

export class ApiClient {
  readonly #api: ConsoleApi;

  constructor(token: string, fetcher: typeof fetch) {
    this.#api = new ConsoleApi({ url: "", token, fetch: fetcher, timeoutMs: TIMEOUT_MS });
  }

  /** Throws ApiFailure; an abort by `signal` passes through. */
  get<T>(target: Target<T>, signal: AbortSignal): Promise<T> {
    return this.#call("GET", target, undefined, signal, TIMEOUT_MS, "it is tried again by itself");
  }

  /** As `get`, with a JSON body where one is given. */
  post<T>(path: string, body: unknown, signal: AbortSignal, timeoutMs = TIMEOUT_MS): Promise<T> {
    return this.#call("POST", path, body, signal, timeoutMs, "look at the events before you try again: it may be done");
  }

  delete<T>(path: string, signal: AbortSignal, timeoutMs = TIMEOUT_MS): Promise<T> {
    return this.#call("DELETE", path, undefined, signal, timeoutMs, "look at the events before you try again");
  }

  async #call<T>(
    method: string,
    path: string,
    body: unknown,
    signal: AbortSignal,
    timeoutMs: number,
    hint: string,
  ): Promise<T> {
    try {
      return await this.#api.request<T>(method, path, body, { signal, timeoutMs });
    } catch (error) {
      if (!(error instanceof ApiFailure) || error.status !== 0) throw error;
      throw new ApiFailure(0, error.code, "the console does not answer", hint, { cause: error });
    }
  }
}
