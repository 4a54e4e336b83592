/** Calls of the console's API that the stream does not carry: directories, boot traces, traces. */
import { ApiFailure, ConsoleApi, type Target } from "@meshwork/console/client";

export { ApiFailure };

const TIMEOUT_MS = 8_000;

export class ApiClient {
  readonly #api: ConsoleApi;

  constructor(token: string, fetcher: typeof fetch) {
    this.#api = new ConsoleApi({ url: "", token, fetch: fetcher, timeoutMs: TIMEOUT_MS });
  }

  /** Throws ApiFailure; an abort by `signal` passes through. */
  async get<T>(target: Target<T>, signal: AbortSignal): Promise<T> {
    try {
      return await this.#api.get(target, { signal });
    } catch (error) {
      if (!(error instanceof ApiFailure) || error.status !== 0) throw error;
      const hint = "it is tried again by itself";
      throw new ApiFailure(0, error.code, "the console does not answer", hint, { cause: error });
    }
  }
}
