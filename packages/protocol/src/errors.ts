/**
 * The errors that users meet, each with a stable code. `docs/errors.md` is generated from this table (and the supervisor's
 * and console's own); a test keeps them equal. `what` says what happened, `hint` what to do; a thrown error adds the where.
 */
export const MESH_ERRORS = {
  MESH_E_NO_MESH: { what: "no mesh was given", hint: "pass { mesh } or set MESH_ID, e.g. MESH_ID=mesh1" },
  MESH_E_BAD_MESH: {
    what: "the mesh name is not valid",
    hint: "use a-z, 0-9 and '-', starting with a letter or digit, at most 63 characters",
  },
  MESH_E_NO_TYPE: {
    what: "no node type was given",
    hint: "pass { type } or set MESH_NODE_TYPE, e.g. MESH_NODE_TYPE=broker",
  },
  MESH_E_BAD_TYPE: {
    what: "the node type is not valid",
    hint: "use a-z, 0-9 and '-', starting with a letter or digit, at most 63 characters",
  },
  MESH_E_BAD_SEED: {
    what: "a seed is not valid",
    hint: "write <64 hex digits>@<ip>:<port>, as `mesh seed` prints it; separate several by commas",
  },
  MESH_E_BAD_OPTION: {
    what: "an option or variable has a value that is not valid",
    hint: "see docs/how-to/configuration.md for its unit and range",
  },
  MESH_E_BAD_ADDRESS: { what: "a bind address is not valid", hint: "write <ip>:<port>, port 0 for any free one" },
  MESH_E_DATA_DIR: {
    what: "the data directory cannot be read or written",
    hint: "check that it exists, belongs to you and has room, or set MESH_DATA_DIR",
  },
  MESH_E_IDENTITY_CORRUPT: {
    what: "the identity file is damaged",
    hint: "restore it from a backup, or move it away to start with a new identity; it is never overwritten",
  },
  MESH_E_PORT_TAKEN: {
    what: "the address is already in use",
    hint: "stop the process that holds it or choose another port",
  },
  MESH_E_BIND: {
    what: "the node could not bind its sockets",
    hint: "check the bind address and that the port is free",
  },
  MESH_E_UNKNOWN_NAME: {
    what: "no live node has this name",
    hint: "`mesh members` lists the names; a prefix is enough when it is unique",
  },
  MESH_E_AMBIGUOUS_NAME: { what: "several live nodes match this name", hint: "use one of the longer names listed" },
  MESH_E_NO_CANDIDATE: {
    what: "no live node matches the selector",
    hint: "`mesh members --mesh M --type T` shows what is there",
  },
  MESH_E_BAD_OPERATION: {
    what: "the operation name is not valid",
    hint: "use a-z, 0-9, '.', '_' and '-', at most 64 characters; names starting with 'mesh.' are reserved",
  },
  MESH_E_NO_SUCH_OPERATION: {
    what: "the target has no handler for this operation",
    hint: "check the operation's name and the target's type",
  },
  MESH_E_HANDLER_EXISTS: {
    what: "the operation already has a handler",
    hint: "remove the first handler before registering another",
  },
  MESH_E_HANDLER_FAILED: {
    what: "the target's handler failed",
    hint: "the message is the handler's own; its trace shows where",
  },
  MESH_E_TIMEOUT: {
    what: "the deadline passed before a reply came",
    hint: "raise timeoutMs, or look at the trace to see where the time went",
  },
  MESH_E_CANCELLED: {
    what: "the caller cancelled the request",
    hint: "nothing to do; the handler was told through its signal",
  },
  MESH_E_OVERLOADED: { what: "a queue or limit of the peer is full", hint: "slow down and retry with back-off" },
  MESH_E_REFUSED: { what: "the peer refused the request", hint: "the message says why" },
  MESH_E_BODY_TOO_LARGE: { what: "the body is above the limit", hint: "split it, or use an application stream" },
  MESH_E_UNREACHABLE: {
    what: "the node could not be reached",
    hint: "it may be gone or its address may have changed; `mesh describe NAME` shows what is known",
  },
  MESH_E_RECORD_TOO_LARGE: {
    what: "the node record is above 4,000 bytes",
    hint: "use shorter addresses or fewer of them",
  },
  MESH_E_BROADCAST_TOO_LARGE: {
    what: "the broadcast is above 4,056 bytes",
    hint: "send a digest and let receivers fetch the rest over a stream",
  },
  MESH_E_MESH_MISMATCH: {
    what: "the peer belongs to another mesh",
    hint: "check the seed: it must name a node of the mesh you join",
  },
  MESH_E_DUPLICATE_IDENTITY: {
    what: "another live process uses this identity",
    hint: "give each node a data directory of its own",
  },
  MESH_E_CLOSED: { what: "the node is closed", hint: "start a new one" },
  MESH_E_BOOT_STALLED: { what: "a boot step did not finish in time", hint: "the boot trace names the step" },
  MESH_E_PROTOCOL: { what: "the peer violated the protocol", hint: "its connection was closed; check its version" },
  MESH_E_USAGE: { what: "the command was not understood", hint: "`mesh help COMMAND` shows its options and examples" },
  MESH_E_NO_CONSOLE: {
    what: "no console answers",
    hint: "start a cluster with `mesh up`, or name a console with --url and --token",
  },
  MESH_E_CLUSTER_RUNNING: {
    what: "the data directory belongs to a running cluster",
    hint: "stop that one, or give this one a data directory of its own with --data-dir",
  },
  MESH_E_LAB_UNABLE: {
    what: "this machine cannot hold the lab",
    hint: "`mesh lab doctor` says what is missing and the line that installs it",
  },
  MESH_E_LAB_FAILED: {
    what: "a command of the lab failed",
    hint: "`mesh lab down` removes what is left; the message is the command's own",
  },
  MESH_E_LAB_BUSY: {
    what: "too many hosts for one lab",
    hint: "a lab has room for 4,000 hosts in its life, and for 200 NATs with 200 hosts each; take it down and bring up another",
  },
  MESH_E_NO_SUCH_FAULT: { what: "there is no fault of this name", hint: "`mesh chaos list` names them all" },
  MESH_E_NO_SUCH_TARGET: {
    what: "no node of the lab's cluster fits the target",
    hint: "`mesh chaos run` prints the cluster's names as it starts; a type such as broker will do too",
  },
  MESH_E_AGENT: {
    what: "a node of the lab's cluster did not do what it was asked",
    hint: "the message is the node's own; its output is shown where it ended",
  },
  MESH_E_NOT_CONVERGED: {
    what: "the nodes did not all find each other in time",
    hint: "`mesh status` and `mesh trace NAME` show what each of them is doing",
  },
} as const satisfies Record<string, { what: string; hint: string }>;

export type MeshErrorCode = keyof typeof MESH_ERRORS;

/** An error with a code of the table. `detail` says what exactly was wrong and where. */
export class MeshError extends Error {
  readonly code: MeshErrorCode;
  readonly hint: string;
  readonly detail: string;
  constructor(code: MeshErrorCode, detail: string, options?: { cause?: unknown }) {
    const { what, hint } = MESH_ERRORS[code];
    super(detail === "" ? what : `${what}: ${detail}`, options);
    this.name = "MeshError";
    this.code = code;
    this.hint = hint;
    this.detail = detail;
  }
}

/** Bytes from outside that cannot be understood. Every decoder throws this and nothing else; `offset` is where it gave up. */
export class DecodeError extends Error {
  readonly offset: number | undefined;
  constructor(message: string, offset?: number, options?: { cause?: unknown }) {
    super(offset === undefined ? message : `${message} at byte ${offset}`, options);
    this.name = "DecodeError";
    this.offset = offset;
  }
}
