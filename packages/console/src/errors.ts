/**
 * The console's own errors: stable code, HTTP status, what happened, what to do. Codes of the node and of the supervisor pass
 * through with the status of `STATUS_OF_FOREIGN_CODE`; anything without a code becomes MESH_E_INTERNAL and says nothing of its inside.
 */
export const CONSOLE_ERRORS = {
  MESH_E_UNAUTHORIZED: {
    status: 401,
    what: "the bearer token is missing or wrong",
    hint: "send `Authorization: Bearer <token>`; the token is in console.json of the data directory and in the printed URL",
  },
  MESH_E_BAD_HOST: {
    status: 403,
    what: "the Host header names another server",
    hint: "use the address that the console printed; other names are refused against DNS rebinding",
  },
  MESH_E_CROSS_SITE: {
    status: 403,
    what: "the request comes from another web page",
    hint: "only the console's own page and programs without an Origin may call this API",
  },
  MESH_E_INVALID_INPUT: {
    status: 400,
    what: "the request is not valid",
    hint: "GET /api/openapi.json describes each endpoint",
  },
  MESH_E_BAD_CONTENT_TYPE: {
    status: 415,
    what: "the content type is not accepted here",
    hint: "send application/json (the OTLP endpoints also take application/x-protobuf, each with gzip or without)",
  },
  MESH_E_REQUEST_TOO_LARGE: {
    status: 413,
    what: "the request body is above the limit",
    hint: "the API takes 64 KiB, the OTLP endpoints 4 MiB; send less at a time",
  },
  MESH_E_REQUEST_TIMEOUT: {
    status: 408,
    what: "the request body did not arrive in time",
    hint: "send the whole body within 10 s",
  },
  MESH_E_NO_SUCH_ENDPOINT: {
    status: 404,
    what: "there is no such endpoint",
    hint: "GET /api/openapi.json lists them; some need an option at start",
  },
  MESH_E_METHOD: { status: 405, what: "the endpoint does not take this method", hint: "see GET /api/openapi.json" },
  MESH_E_UNKNOWN_NAME: {
    status: 404,
    what: "no node has this name",
    hint: "`mesh members` lists the names; a prefix is enough when it is unique",
  },
  MESH_E_AMBIGUOUS_NAME: {
    status: 409,
    what: "several nodes match this name",
    hint: "use one of the longer names listed",
  },
  MESH_E_NO_SUCH_TRACE: {
    status: 404,
    what: "the trace is not in the store",
    hint: "it may have been evicted (GET /api/traces shows how much is kept) or not have arrived yet",
  },
  MESH_E_NO_BOOT_TRACE: {
    status: 404,
    what: "no boot trace of this node is in the store",
    hint: "it appears within seconds of the boot where the node exports its telemetry to this console",
  },
  MESH_E_NO_HISTORY: {
    status: 404,
    what: "the history does not reach that far back",
    hint: "GET /api/history says how far it does: half an hour, less where the console started later or much happened",
  },
  MESH_E_NO_SUCH_ALERT: {
    status: 404,
    what: "there is no alert with this number",
    hint: "GET /api/alerts lists them; resolved ones leave after an hour, and a console that was restarted counts anew",
  },
  MESH_E_BAD_OTLP: {
    status: 400,
    what: "the OTLP payload cannot be decoded",
    hint: "send an ExportTraceServiceRequest or ExportMetricsServiceRequest in protobuf or OTLP/JSON",
  },
  MESH_E_INTAKE_FULL: {
    status: 503,
    what: "the intake has too much in hand",
    hint: "retry with back-off; exporters do so by themselves",
  },
  MESH_E_TOO_MANY_STREAMS: {
    status: 503,
    what: "too many live streams are open",
    hint: "close a page that shows the console, or raise maxStreamClients",
  },
  MESH_E_RATE_LIMITED: {
    status: 429,
    what: "this client asks too often",
    hint: "wait a second (Retry-After); `mesh up --max-rate` sets what a client may ask a second",
  },
  MESH_E_NO_LAUNCHER: {
    status: 503,
    what: "the supervisor does not answer",
    hint: "the console was started without one, or `mesh up` is ending",
  },
  MESH_E_NOT_SUPERVISED: {
    status: 409,
    what: "this node is not a process of this launcher",
    hint: "it was started elsewhere: stop it where it runs",
  },
  MESH_E_PROFILES_BUSY: {
    status: 503,
    what: "the console has too many profiles under way",
    hint: "wait until one of them is taken",
  },
  MESH_E_READ_ONLY: {
    status: 403,
    what: "this console is read-only",
    hint: "it was started with `--read-only`: start it without to act on the cluster",
  },
  MESH_E_NO_DEMO: {
    status: 409,
    what: "this console has no demo traffic to switch",
    hint: "start the cluster with `mesh up`",
  },
  MESH_E_NO_CHAOS: {
    status: 403,
    what: "this console may do no harm to its cluster, and runs no tests",
    hint: "start the cluster with `mesh up --chaos` to allow it; `mesh chaos run` and `mesh test` start clusters of their own",
  },
  MESH_E_CHAOS_BUSY: {
    status: 409,
    what: "another chaos run is not over",
    hint: "wait for it (GET /api/chaos/runs), or stop it: `mesh chaos stop --attach`",
  },
  MESH_E_NO_SUCH_RUN: {
    status: 404,
    what: "there is no run with this number",
    hint: "GET /api/chaos/runs and GET /api/tests/runs list the last ones; a console that was restarted counts anew",
  },
  MESH_E_NO_SUCH_TEST: {
    status: 404,
    what: "there is no test of this name",
    hint: "`mesh test --list` names them all",
  },
  MESH_E_TESTS_BUSY: {
    status: 409,
    what: "another run of tests is not over",
    hint: "wait for it (GET /api/tests/runs), or stop it (DELETE /api/tests/runs/{id})",
  },
  MESH_E_CONSOLE_BIND: {
    status: 500,
    what: "the console refuses to listen on an address that is not loopback",
    hint: "use 127.0.0.1 and a tunnel, or allow it explicitly together with the host names it is reached by",
  },
  MESH_E_PORT_TAKEN: {
    status: 500,
    what: "the address is already in use",
    hint: "stop the process that holds it or choose another port",
  },
  MESH_E_INTERNAL: {
    status: 500,
    what: "the console failed to answer",
    hint: "its log has the details; please report them",
  },
} as const satisfies Record<string, { status: number; what: string; hint: string }>;

export type ConsoleErrorCode = keyof typeof CONSOLE_ERRORS;

/** An error of the console's table; `detail` says what exactly was wrong. */
export class ConsoleError extends Error {
  readonly code: ConsoleErrorCode;
  readonly status: number;
  readonly hint: string;
  constructor(code: ConsoleErrorCode, detail = "", options?: { cause?: unknown }) {
    const { what, hint, status } = CONSOLE_ERRORS[code];
    super(detail === "" ? what : `${what}: ${detail}`, options);
    this.name = "ConsoleError";
    this.code = code;
    this.status = status;
    this.hint = hint;
  }
}

/** HTTP status of the codes that the node and the supervisor throw. Others with a code are a conflict with the present state. */
const STATUS_OF_FOREIGN_CODE: Readonly<Record<string, number>> = {
  MESH_E_UNKNOWN_NAME: 404,
  MESH_E_AMBIGUOUS_NAME: 409,
  MESH_E_NO_CANDIDATE: 404,
  MESH_E_NO_SUCH_OPERATION: 404,
  MESH_E_NO_SUCH_FAULT: 404,
  MESH_E_BAD_OPERATION: 400,
  MESH_E_BAD_OPTION: 400,
  MESH_E_BAD_MESH: 400,
  MESH_E_BAD_TYPE: 400,
  MESH_E_NO_MESH: 400,
  MESH_E_NO_TYPE: 400,
  MESH_E_BODY_TOO_LARGE: 413,
  MESH_E_BAD_REQUEST: 400,
  MESH_E_POOL_FULL: 429,
  MESH_E_NO_SUCH_NODE: 404,
  MESH_E_SPAWN_FAILED: 502,
  MESH_E_BOOT_TIMEOUT: 504,
  MESH_E_STOP_TIMEOUT: 504,
  MESH_E_LINK_TIMEOUT: 504,
  MESH_E_LINK_BUSY: 503,
  MESH_E_NO_SUPERVISOR: 503,
  MESH_E_SUPERVISOR_CLOSED: 503,
  MESH_E_OVERLOADED: 503,
  MESH_E_CLOSED: 503,
  MESH_E_TIMEOUT: 504,
  MESH_E_HANDLER_FAILED: 502,
  MESH_E_REFUSED: 502,
  MESH_E_UNREACHABLE: 502,
  MESH_E_PROTOCOL: 502,
};

/** HTTP status of a code, ours or foreign. */
export function statusOf(code: string): number {
  const own = CONSOLE_ERRORS[code as ConsoleErrorCode] as { readonly status: number } | undefined;
  return own?.status ?? STATUS_OF_FOREIGN_CODE[code] ?? 409;
}

export interface ErrorAnswer {
  readonly status: number;
  readonly body: { readonly code: string; readonly message: string; readonly hint: string };
}

/** What the caller is told of an error. Never a stack, a path or the text of an error without a code. */
export function answerOf(error: unknown): ErrorAnswer {
  if (error instanceof ConsoleError)
    return { status: error.status, body: { code: error.code, message: error.message, hint: error.hint } };
  const coded = error as { code?: unknown; message?: unknown; hint?: unknown } | null;
  if (error instanceof Error && typeof coded?.code === "string" && /^MESH_E_[A-Z_]+$/.test(coded.code)) {
    const hint = typeof coded.hint === "string" ? coded.hint : "";
    const status = STATUS_OF_FOREIGN_CODE[coded.code] ?? 409;
    return { status, body: { code: coded.code, message: error.message.slice(0, 2_000), hint } };
  }
  const { status, what, hint } = CONSOLE_ERRORS.MESH_E_INTERNAL;
  return { status, body: { code: "MESH_E_INTERNAL", message: what, hint } };
}

/** True for errors that are the console's own fault and belong into its log. */
export function isInternal(error: unknown): boolean {
  return answerOf(error).body.code === "MESH_E_INTERNAL";
}
