/** Calls of the console's API that the stream does not carry: directories, boot traces, traces, the past; and what changes something. */
import type { ApiError } from "@meshwork/console/api-types";

const TIMEOUT_MS = 8_000;

/** The console said no, or did not say anything. `code` and `hint` are its own where it gave them. */
export class ApiFailure extends Error {
  readonly code: string;
  readonly hint: string;
  readonly status: number;

  constructor(status: number, code: string, message: string, hint: string) {
    super(message);
    this.name = "ApiFailure";
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

export class ApiClient {
  readonly #token: string;
  readonly #fetch: typeof fetch;

  constructor(token: string, fetcher: typeof fetch) {
    this.#token = token;
    this.#fetch = fetcher;
  }

  /** Throws ApiFailure; an abort by `signal` passes through. */
  get<T>(path: string, signal: AbortSignal): Promise<T> {
    return this.#call("GET", path, undefined, signal, TIMEOUT_MS);
  }

  /** As `get`, with a JSON body where one is given. */
  post<T>(path: string, body: unknown, signal: AbortSignal, timeoutMs = TIMEOUT_MS): Promise<T> {
    return this.#call("POST", path, body, signal, timeoutMs);
  }

  delete<T>(path: string, signal: AbortSignal, timeoutMs = TIMEOUT_MS): Promise<T> {
    return this.#call("DELETE", path, undefined, signal, timeoutMs);
  }

  async #call<T>(method: string, path: string, body: unknown, signal: AbortSignal, timeoutMs: number): Promise<T> {
    let response: Response;
    try {
      response = await this.#fetch(path, {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        cache: "no-store",
      });
    } catch (error) {
      if (signal.aborted) throw error;
      throw new ApiFailure(0, "MESH_E_NO_CONSOLE", "the console does not answer", "it is tried again by itself");
    }
    if (response.ok) return (await response.json()) as T;
    const said = (await response.json().catch(() => ({}))) as Partial<ApiError>;
    const message = said.message ?? `the console answered ${response.status}`;
    throw new ApiFailure(response.status, said.code ?? "", message, said.hint ?? "");
  }
}
