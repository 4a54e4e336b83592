/** In place of the page where there is no token, or the console does not take it: why, where the token is, and a field for it. */
import { type FormEvent, useState } from "react";
import { tokenFromPaste } from "../state/token.js";

export interface TokenGateProps {
  /** What the console said; null where there was no token to show it. */
  readonly refusal: string | null;
  readonly onToken: (token: string) => void;
}

export function TokenGate({ refusal, onToken }: TokenGateProps) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const token = tokenFromPaste(text);
    setWrong(token === null);
    if (token !== null) onToken(token);
  };
  return (
    <main className="gate" data-testid="token-gate">
      <h1>
        <span className="logo" aria-hidden="true">
          ⬡
        </span>
        meshwork
      </h1>
      <p className="gate-title">
        {refusal === null ? "This page needs the console's token" : "The console refused the token"}
      </p>
      {refusal === null ? (
        <p>
          Open the whole address that <code>npm start</code> or <code>mesh up</code> printed; it ends with{" "}
          <code>#token=…</code>
        </p>
      ) : (
        <p>
          It says: {refusal}. A cluster that is started anew has a new token: open the address that <code>mesh up</code>{" "}
          printed last.
        </p>
      )}
      <p>
        The address is also in <code>console.json</code> of the data directory (<code>.mesh/console.json</code> unless
        another was given).
      </p>
      <form onSubmit={submit}>
        <label htmlFor="token">Token or address</label>
        <div className="gate-row">
          <input
            id="token"
            type="password"
            autoComplete="off"
            spellCheck={false}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <button type="submit">Open</button>
        </div>
        {wrong && <p className="failure">That is neither a token nor an address with one.</p>}
      </form>
    </main>
  );
}
