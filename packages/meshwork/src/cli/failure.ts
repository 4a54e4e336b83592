/**
 * How a command fails: a stable code, what happened, what to do, and an exit code. 1 failed, 2 usage, 3 unreachable, 4 time-out
 * (docs/operations.md); 0 is success.
 */
import { MeshError } from "@meshwork/protocol";
import type { Io } from "./io.js";

export const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 3, timeout: 4 } as const;

/** An error as the console's API or another process reported it, with the code it had there. */
export class ReportedError extends Error {
  readonly code: string;
  readonly hint: string;
  constructor(code: string, message: string, hint: string) {
    super(message);
    this.name = "ReportedError";
    this.code = code;
    this.hint = hint;
  }
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly exitCode: number;
}

const EXIT_BY_CODE: Readonly<Record<string, number>> = {
  MESH_E_USAGE: EXIT.usage,
  MESH_E_NO_CONSOLE: EXIT.unreachable,
  MESH_E_UNREACHABLE: EXIT.unreachable,
  MESH_E_TIMEOUT: EXIT.timeout,
  MESH_E_NOT_CONVERGED: EXIT.timeout,
};

/** Everything thrown is one of: an error with a code of ours, or a bug, whose stack is then the hint's place. */
export function describeFailure(error: unknown): Failure {
  const fields = typeof error === "object" && error !== null ? (error as { code?: unknown; hint?: unknown }) : {};
  const message = error instanceof Error ? error.message : String(error);
  if (typeof fields.code === "string" && /^MESH_E_[A-Z_]+$/.test(fields.code)) {
    const hint = typeof fields.hint === "string" ? fields.hint : "";
    return { code: fields.code, message, hint, exitCode: EXIT_BY_CODE[fields.code] ?? EXIT.failed };
  }
  return {
    code: "MESH_E_INTERNAL",
    message,
    hint: "this is a fault of meshwork; set MESH_DEBUG=1 to see the stack, and report it",
    exitCode: EXIT.failed,
  };
}

/** `error CODE: what happened` and `hint: what to do` on standard error; one line of JSON where the command was asked for JSON. */
export function printFailure(io: Io, error: unknown, json: boolean): number {
  const { code, message, hint, exitCode } = describeFailure(error);
  if (json) io.err(`${JSON.stringify({ code, message, hint })}\n`);
  else {
    io.err(`error ${code}: ${message}\n`);
    if (hint !== "") io.err(`hint: ${hint}\n`);
  }
  if (code === "MESH_E_INTERNAL" && io.env.MESH_DEBUG && error instanceof Error) io.err(`${error.stack}\n`);
  return exitCode;
}

export function usage(detail: string): MeshError {
  return new MeshError("MESH_E_USAGE", detail);
}
