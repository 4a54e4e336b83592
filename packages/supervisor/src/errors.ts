/**
 * The supervisor's errors: same shape as the table in `@meshwork/protocol`, apart from it because this room imports nothing
 * but telemetry. `what` says what happened, `hint` what to do; a thrown error adds the where. Documented in docs/errors.md.
 */
export const SUPERVISOR_ERRORS = {
  MESH_E_POOL_FULL: {
    what: "the pool of node processes is full",
    hint: "stop some nodes first, or start `mesh up` with a higher --max-nodes",
  },
  MESH_E_SPAWN_FAILED: {
    what: "a node process did not come up",
    hint: "the message is the node's own; its boot trace shows the failing step",
  },
  MESH_E_BOOT_TIMEOUT: {
    what: "a node process was not ready in time and was ended",
    hint: "the machine may be overloaded; the boot trace names the step it was in",
  },
  MESH_E_SHARED_PROCESS: {
    what: "the node shares its process with others, so it cannot be killed or frozen alone",
    hint: "start `mesh up` without --inline, or stop the node instead",
  },
  MESH_E_NO_SUCH_NODE: {
    what: "the supervisor runs no node of this name",
    hint: "`mesh members` lists the names; nodes started elsewhere are not the supervisor's to control",
  },
  MESH_E_BAD_REQUEST: { what: "the request is not valid", hint: "the message names the field and its range" },
  MESH_E_BAD_STATE: {
    what: "the node is not in a state that allows this",
    hint: "wait until it is ready, or look at its state in the list of nodes",
  },
  MESH_E_STOP_TIMEOUT: {
    what: "the node did not stop in time and shares its process with others",
    hint: "stop `mesh up` to end the whole process",
  },
  MESH_E_PORT_TAKEN_BY: {
    what: "the port is already in use",
    hint: "stop the process that holds it, or choose another port with --port",
  },
  MESH_E_NODES_DIR: {
    what: "the directory for node data cannot be used",
    hint: "check that it belongs to you, is a real directory and has room, or pass another --data-dir",
  },
  MESH_E_SUPERVISOR_CLOSED: { what: "the supervisor is closing", hint: "start `mesh up` again" },
  MESH_E_CONSOLE_GONE: {
    what: "the console process is not running at the moment",
    hint: "it is started again within 5 s; retry then",
  },
  MESH_E_NO_SUPERVISOR: {
    what: "the supervisor is gone",
    hint: "nothing to do: the console ends with it",
  },
  MESH_E_LINK_TIMEOUT: {
    what: "the other process did not answer in time",
    hint: "it may be frozen or overloaded; retry, or raise the time-out",
  },
  MESH_E_LINK_BUSY: {
    what: "too many calls are waiting on the link between console and supervisor",
    hint: "wait for some of them to finish",
  },
  MESH_E_NO_SUCH_CALL: {
    what: "the other process knows no such call",
    hint: "console and supervisor differ in version",
  },
} as const satisfies Record<string, { what: string; hint: string }>;

export type SupervisorErrorCode = keyof typeof SUPERVISOR_ERRORS;

/** What a child process said about its own failure. */
export interface ChildFailure {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly step: string | undefined;
}

/** An error with a code of the table. `child` is set where the cause is what a node process reported. */
export class SupervisorError extends Error {
  readonly code: SupervisorErrorCode;
  readonly hint: string;
  readonly detail: string;
  readonly child: ChildFailure | undefined;
  constructor(code: SupervisorErrorCode, detail: string, options?: { cause?: unknown; child?: ChildFailure }) {
    const { what, hint } = SUPERVISOR_ERRORS[code];
    super(detail === "" ? what : `${what}: ${detail}`, options?.cause === undefined ? {} : { cause: options.cause });
    this.name = "SupervisorError";
    this.code = code;
    this.hint = options?.child?.hint || hint;
    this.detail = detail;
    this.child = options?.child;
  }
}

/** An error that crossed the link between console and supervisor: code, message and hint as the other side had them. */
export class RemoteError extends Error {
  readonly code: string;
  readonly hint: string;
  constructor(code: string, message: string, hint: string) {
    super(message);
    this.name = "RemoteError";
    this.code = code;
    this.hint = hint;
  }
}
