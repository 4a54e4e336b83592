/**
 * `@meshwork/console/client`: the console's API for programs and pages. Uses `fetch` alone, no Node API, and takes nothing but types from
 * the rest of this room.
 *
 *   const api = new ConsoleApi({ url, token });
 *   const { nodes } = await api.call("GET /api/nodes", { query: { mesh: "mesh1" } });
 */
import { ApiFailure } from "./api-failure.js";
import type { Answer, Call, GetCall, Input, InputArguments } from "./calls.js";

export interface ConsoleApiOptions {
  /** Origin of the console; "" in its own page. */
  readonly url: string;
  readonly token: string;
  readonly fetch?: typeof fetch;
  /** Default 10,000: above every deadline that the console itself keeps for reads, so that its own answer comes first. */
  readonly timeoutMs?: number;
  /** An answer said that its console has made-up members: so many. */
  readonly onSynthetic?: (nodes: string) => void;
}

export interface CallOptions {
  /** An abort passes through as it is. */
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** What a GET asks for, with the type of its answer. */
export type Target<A> = string & { readonly answers?: A };

/** On every answer of a console whose members are made up: how many. */
export const SYNTHETIC_HEADER = "meshwork-synthetic";
const TIMEOUT_MS = 10_000;

export class ConsoleApi {
  readonly #options: ConsoleApiOptions;
  readonly #fetch: typeof fetch;

  constructor(options: ConsoleApiOptions) {
    this.#options = options;
    // Not a property read at the call: a browser's fetch wants to be called on its window.
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
  }

  get url(): string {
    return this.#options.url;
  }

  /** Throws ApiFailure. */
  call<C extends Call>(call: C, input: Input<C>, options: CallOptions): Promise<Answer<C>>;
  call<C extends Call>(call: C, ...rest: InputArguments<C>): Promise<Answer<C>>;
  call<C extends Call>(call: C, input?: Input<C>, options: CallOptions = {}): Promise<Answer<C>> {
    const [method, target] = filledIn(call, input);
    return this.request(method, target, (input as { readonly body?: unknown } | undefined)?.body, options);
  }

  /** Throws ApiFailure. */
  get<A>(target: Target<A>, options: CallOptions = {}): Promise<A> {
    return this.request("GET", target, undefined, options);
  }

  /** By method and path, for those who know the answer's shape from elsewhere. Throws ApiFailure. */
  async request<A>(method: string, target: string, body: unknown, options: CallOptions = {}): Promise<A> {
    const timeoutMs = options.timeoutMs ?? this.#options.timeoutMs ?? TIMEOUT_MS;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]);
    let response: Response;
    let text: string;
    try {
      response = await this.#send(method, target, body, signal);
      text = await response.text();
    } catch (error) {
      if (options.signal?.aborted) throw error;
      if (!timeout.aborted) throw this.#unreachable(error);
      const message = `the console at ${this.#where} did not answer within ${timeoutMs} ms`;
      throw new ApiFailure(0, "MESH_E_TIMEOUT", message, "it may be busy or frozen; try again", { cause: error });
    }
    const parsed = parsedJson(text);
    if (response.ok && parsed !== undefined) return parsed as A;
    throw this.#refusal(target, response, parsed);
  }

  /** A body that goes on until `signal` aborts or either side ends it. Throws ApiFailure where it does not begin. */
  async stream(target: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const opening = new AbortController();
    const timer = setTimeout(
      () => opening.abort(new Error("it does not answer")),
      this.#options.timeoutMs ?? TIMEOUT_MS,
    );
    const both = AbortSignal.any([signal, opening.signal]);
    const response = await this.#send("GET", target, undefined, both)
      .catch((error: unknown) => {
        throw signal.aborted ? error : this.#unreachable(error);
      })
      .finally(() => clearTimeout(timer));
    if (response.ok && response.body !== null) return response.body;
    throw this.#refusal(target, response, parsedJson(await response.text().catch(() => "")));
  }

  async #send(method: string, target: string, body: unknown, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.#options.token}` };
    if (body !== undefined) headers["content-type"] = "application/json";
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await this.#fetch(this.url + target, { method, headers, ...content, signal });
    const synthetic = response.headers.get(SYNTHETIC_HEADER);
    if (synthetic !== null) this.#options.onSynthetic?.(synthetic);
    return response;
  }

  #unreachable(error: unknown): ApiFailure {
    const hint = "is `mesh up` running? It prints where the console is";
    return new ApiFailure(0, "MESH_E_NO_CONSOLE", `${this.#where}: ${reasonOf(error)}`, hint, { cause: error });
  }

  get #where(): string {
    return this.url === "" ? "this address" : this.url;
  }

  #refusal(target: string, response: Response, answer: unknown): ApiFailure {
    const { code, message, hint } = (answer ?? {}) as { code?: unknown; message?: unknown; hint?: unknown };
    if (typeof code === "string" && typeof message === "string")
      return new ApiFailure(response.status, code, message, typeof hint === "string" ? hint : "");
    const what = `what answers at ${this.#where} is no meshwork console (HTTP ${response.status} to ${target})`;
    return new ApiFailure(response.status, "MESH_E_NO_CONSOLE", what, "check the address");
  }
}

/** The path and query of a GET, for those who hold it before they ask. */
export function targetOf<C extends GetCall>(call: C, ...[input]: InputArguments<C>): Target<Answer<C>> {
  return filledIn(call, input)[1];
}

function filledIn(call: string, input: unknown): [method: string, target: string] {
  const { path = {}, query = {} } = (input ?? {}) as {
    readonly path?: Readonly<Record<string, string>>;
    readonly query?: Readonly<Record<string, string | number | undefined>>;
  };
  const [method = "", template = ""] = call.split(" ");
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ""));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return [method, text === "" ? filled : `${filled}?${text}`];
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** fetch hides the reason (ECONNREFUSED, …) one level down. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error) return (cause as { readonly code?: string }).code ?? cause.message;
  return error instanceof Error ? error.message : String(error);
}
