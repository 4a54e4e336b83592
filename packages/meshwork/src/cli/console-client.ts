/**
 * Finds the console and calls its API. In this order: `--url`/`--token`, `MESH_CONSOLE_URL`/`MESH_CONSOLE_TOKEN`, and the
 * `console.json` that `mesh up` wrote into the data directory. Whatever makes it unreachable is MESH_E_NO_CONSOLE.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  type Answer,
  ApiFailure,
  type Call,
  type CallOptions,
  ConsoleApi,
  type Input,
  type InputArguments,
} from "@meshwork/console/client";
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

/** The console's client, with failures as commands have them: codes of ours with their hints, the console's own as it told them. */
export class ConsoleClient {
  readonly #api: ConsoleApi;

  constructor(address: ConsoleAddress, onSynthetic?: (nodes: string) => void) {
    this.#api = new ConsoleApi({
      ...address,
      timeoutMs: CALL_TIMEOUT_MS,
      ...(onSynthetic === undefined ? {} : { onSynthetic }),
    });
  }

  get url(): string {
    return this.#api.url;
  }

  /** `GET /api/nodes/{name}` and its like, typed by the endpoints themselves. */
  call<C extends Call>(call: C, input: Input<C>, options: CallOptions): Promise<Answer<C>>;
  call<C extends Call>(call: C, ...rest: InputArguments<C>): Promise<Answer<C>>;
  call<C extends Call>(call: C, input?: Input<C>, options: CallOptions = {}): Promise<Answer<C>> {
    return this.#api.call(call, (input ?? {}) as Input<C>, options).catch(fail);
  }

  get<T>(path: string, timeoutMs = CALL_TIMEOUT_MS): Promise<T> {
    return this.#api.request<T>("GET", path, undefined, { timeoutMs }).catch(fail);
  }

  post<T>(path: string, body: unknown, timeoutMs = CALL_TIMEOUT_MS): Promise<T> {
    return this.#api.request<T>("POST", path, body, { timeoutMs }).catch(fail);
  }

  /** A body that goes on until `signal` aborts or either side ends it. */
  stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    return this.#api.stream(path, signal).catch(fail);
  }
}

function fail(error: unknown): never {
  if (!(error instanceof ApiFailure)) throw error;
  const { status, code, message, hint, cause } = error;
  if (code === "MESH_E_NO_CONSOLE" || (code === "MESH_E_TIMEOUT" && status === 0))
    throw new MeshError(code, message, { cause });
  throw new ReportedError(code, message, hint);
}

export function connectConsole(io: Io, options: ConsoleOptions): ConsoleClient {
  let said = false;
  return new ConsoleClient(findConsole(io, options), (nodes) => {
    if (!said) io.err(`SYNTHETIC: the ${nodes} members of this console are made up\n`);
    said = true;
  });
}

/** A body from `--data` or `--file`. */
export function readBodyFile(io: Io, path: string): Uint8Array {
  try {
    return readFileSync(path === "-" ? 0 : resolve(io.cwd, path));
  } catch (error) {
    throw usage(`--file ${path}: ${(error as Error).message}`);
  }
}
