/** What the reader looks for among the traces, in the page's address (`?service=broker&operation=produce&min=5&errors=only`). */

export const KINDS = ["message", "boot", "console", "other"] as const;

export interface TraceSearch {
  /** Empty: any. */
  readonly kind: string;
  /** A node's type. */
  readonly service: string;
  readonly operation: string;
  /** Text of a number of milliseconds. */
  readonly min: string;
  /** `only`: those in which something failed. */
  readonly errors: string;
  /** `any`: those within one mesh too. */
  readonly meshes: string;
}

export const FIELDS = ["kind", "service", "operation", "min", "errors", "meshes"] as const;
/** As long as the API takes. */
export const MAX_CHARS = 64;

export function parseTraceSearch(search: string): TraceSearch {
  const query = new URLSearchParams(search);
  const read = (key: string) => (query.get(key) ?? "").slice(0, MAX_CHARS);
  return {
    ...{ kind: read("kind"), service: read("service"), operation: read("operation") },
    ...{ min: read("min"), errors: read("errors"), meshes: read("meshes") },
  };
}

/** The API's query. What it would refuse is left out. */
export function traceQuery({ kind, service, operation, min, errors, meshes }: TraceSearch) {
  const minDurationMs = min.trim() === "" ? Number.NaN : Number(min);
  const known = KINDS.find((each) => each === kind);
  return {
    ...(known !== undefined && { kind: known }),
    ...(service !== "" && { service }),
    ...(operation.trim() !== "" && { operation: operation.trim() }),
    ...(minDurationMs > 0 && minDurationMs <= 86_400_000 && { minDurationMs }),
    ...(errors === "only" && { errors: "true" as const }),
    ...(meshes !== "any" && { crossMesh: "true" as const }),
  };
}
