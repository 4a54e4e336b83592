/**
 * Finds the console and calls its API. In this order: `--url`/`--token`, `MESH_CONSOLE_URL`/`MESH_CONSOLE_TOKEN`, and the
 * `console.json` that `mesh up` wrote into the data directory. Whatever makes it unreachable is MESH_E_NO_CONSOLE.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { MeshError } from "@meshwork/protocol";
import { readConsoleFile } from "../up/console-file.js";
import { readCommandVariable } from "../variables.js";
import { ReportedError, usage } from "./failure.js";
import type { Io } from "./io.js";

export interface ConsoleOptions {
  readonly url?: string;
  readonly token?: string;
  readonly dataDir?: string;
}

export interface ConsoleAddress {
  readonly url: string;
  readonly token: string;
}

export const DEFAULT_DATA_DIR = ".mesh";
/** Above every deadline the console itself keeps, so that its own answer comes first. */
const CALL_TIMEOUT_MS = 10_000;

/** Throws MESH_E_NO_CONSOLE where nothing says where a console is. */
export function findConsole(io: Io, options: ConsoleOptions): ConsoleAddress {
  const url = options.url ?? readCommandVariable(io.env, "MESH_CONSOLE_URL");
  const token = options.token ?? readCommandVariable(io.env, "MESH_CONSOLE_TOKEN");
  if (url !== undefined) return fromUrl(url, token);
  const path = join(resolve(io.cwd, options.dataDir ?? DEFAULT_DATA_DIR), "console.json");
  const file = readConsoleFile(path);
  if (file === undefined) throw new MeshError("MESH_E_NO_CONSOLE", `there is no ${path}`);
  return { url: file.url, token: token ?? file.token };
}

/** The URL as `mesh up` prints it carries the token in its fragment. */
function fromUrl(text: string, token: string | undefined): ConsoleAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") throw usage(`--url ${text} is not an http(s) URL`);
  const inFragment = new URLSearchParams(url.hash.slice(1)).get("token");
  const found = token ?? inFragment ?? undefined;
  if (found === undefined)
    throw usage("a console's URL needs its token: --token, MESH_CONSOLE_TOKEN, or #token=… in the URL");
  return { url: url.origin, token: found };
}

export class ConsoleClient {
  readonly #address: ConsoleAddress;

  constructor(address: ConsoleAddress) {
    this.#address = address;
  }

  get url(): string {
    return this.#address.url;
  }

  get<T>(path: string, timeoutMs = CALL_TIMEOUT_MS): Promise<T> {
    return this.#call<T>("GET", path, undefined, timeoutMs);
  }

  post<T>(path: string, body: unknown, timeoutMs = CALL_TIMEOUT_MS): Promise<T> {
    return this.#call<T>("POST", path, body, timeoutMs);
  }

  /** A body that goes on until `signal` aborts or either side ends it. */
  async stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const opening = new AbortController();
    const timer = setTimeout(() => opening.abort(new Error("it does not answer")), CALL_TIMEOUT_MS);
    const both = AbortSignal.any([signal, opening.signal]);
    const response = await this.#fetch("GET", path, undefined, both)
      .catch((error: unknown) => {
        throw this.#unreachable(error);
      })
      .finally(() => clearTimeout(timer));
    if (response.ok && response.body !== null) return response.body;
    throw this.#failure(path, response, await response.text().catch(() => ""));
  }

  async #call<T>(method: string, path: string, body: unknown, timeoutMs: number): Promise<T> {
    let response: Response;
    let answer: string;
    try {
      response = await this.#fetch(method, path, body, AbortSignal.timeout(timeoutMs));
      answer = await response.text();
    } catch (error) {
      if (error instanceof Error && error.name === "TimeoutError") {
        throw new MeshError("MESH_E_TIMEOUT", `the console at ${this.url} did not answer within ${timeoutMs} ms`, {
          cause: error,
        });
      }
      throw this.#unreachable(error);
    }
    const parsed = parseJson(answer);
    if (response.ok && parsed !== undefined) return parsed as T;
    throw this.#failure(path, response, answer);
  }

  #fetch(method: string, path: string, body: unknown, signal: AbortSignal): Promise<Response> {
    const { url, token } = this.#address;
    const type = body === undefined ? undefined : { "content-type": "application/json" };
    return fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
    });
  }

  #unreachable(error: unknown): MeshError {
    return new MeshError("MESH_E_NO_CONSOLE", `${this.url}: ${reasonOf(error)}`, { cause: error });
  }

  #failure(path: string, response: Response, answer: string): Error {
    const { code, message, hint } = (parseJson(answer) ?? {}) as { code?: unknown; message?: unknown; hint?: unknown };
    if (typeof code === "string" && typeof message === "string") {
      return new ReportedError(code, message, typeof hint === "string" ? hint : "");
    }
    return new MeshError(
      "MESH_E_NO_CONSOLE",
      `what answers at ${this.#address.url} is no meshwork console (HTTP ${response.status} to ${path})`,
    );
  }
}

export function connectConsole(io: Io, options: ConsoleOptions): ConsoleClient {
  return new ConsoleClient(findConsole(io, options));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** fetch hides the reason (ECONNREFUSED, …) one level down. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error) return (cause as NodeJS.ErrnoException).code ?? cause.message;
  return error instanceof Error ? error.message : String(error);
}

/** A body from `--data` or `--file`. */
export function readBodyFile(io: Io, path: string): Uint8Array {
  try {
    return readFileSync(path === "-" ? 0 : resolve(io.cwd, path));
  } catch (error) {
    throw usage(`--file ${path}: ${(error as Error).message}`);
  }
}
