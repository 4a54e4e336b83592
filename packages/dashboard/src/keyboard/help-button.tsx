/** The list of keys, by `?` or by a click. */
import { useCallback, useState } from "react";
import { HelpDialog } from "./help-dialog.js";
import { useKeys } from "./use-keys.js";

export function HelpButton() {
  const [shown, setShown] = useState(false);
  const show = useCallback(() => setShown(true), []);
  useKeys(show);
  return (
    <>
      <button
        type="button"
        className="quiet"
        onClick={show}
        title="keys and marks ( ? )"
        aria-label="keys and marks"
        data-testid="help-button"
      >
        <span aria-hidden="true">?</span>
      </button>
      {shown && <HelpDialog onClose={() => setShown(false)} />}
    </>
  );
}
