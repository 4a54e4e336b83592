/** A call of the API that failed: what happened, what to do, the code to look up. */
import type { ApiFailure } from "../state/api-client.js";

export function FailureNote({ failure, what }: { readonly failure: ApiFailure; readonly what: string }) {
  return (
    <div className="failure" role="alert">
      <strong>{what}:</strong> {failure.message}.{failure.hint !== "" && <span> {failure.hint}.</span>}
      {failure.code !== "" && <code> {failure.code}</code>}
    </div>
  );
}
