/**
 * How a call of the API fails. Stable codes: the console's own where it answered one, MESH_E_NO_CONSOLE where nobody answers or what
 * answers is no console, MESH_E_TIMEOUT where no answer came in time.
 */
export class ApiFailure extends Error {
  /** Of the answer; 0 where none came. */
  readonly status: number;
  readonly code: string;
  /** What to do about it. */
  readonly hint: string;

  constructor(status: number, code: string, message: string, hint: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "ApiFailure";
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}
