/** Starts the page: takes the token, opens the session, draws. */
import { StrictMode, useEffect, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.js";
import { SessionContext } from "./hooks/use-live.js";
import { CellBook } from "./layout/cell-book.js";
import { SlotBook } from "./layout/slot-book.js";
import { TokenGate } from "./parts/token-gate.js";
import { RuntimeStore } from "./runtime/runtime-store.js";
import { ApiClient } from "./state/api-client.js";
import { LiveStore } from "./state/live-store.js";
import { applyTheme, keptTheme } from "./state/theme.js";
import { dropToken, keepToken, keptToken, tokenFromHash } from "./state/token.js";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/strip.css";
import "./styles/topology.css";
import "./styles/cards.css";
import "./styles/field.css";
import "./styles/actions.css";
import "./styles/help.css";
import "./styles/panel.css";
import "./styles/tables.css";
import "./styles/tiles.css";
import "./styles/messages.css";
import "./styles/waterfall.css";
import "./styles/alerts.css";
import "./styles/profile.css";
import "./styles/timeline.css";
import "./styles/runtime.css";
import "./styles/chaos.css";
import "./styles/tests.css";

const slots = new SlotBook();
const cells = new CellBook();
const browserFetch: typeof fetch = (input, init) => window.fetch(input, init);

/** The token of the address bar, which is cleaned of it; else the kept one. */
function takeToken(): string | null {
  const { token, hash } = tokenFromHash(window.location.hash);
  if (hash !== null)
    window.history.replaceState(null, "", `${window.location.pathname}${window.location.search}${hash}`);
  if (token !== null) keepToken(window.sessionStorage, token);
  return keptToken(window.sessionStorage);
}

function Page() {
  const [token, setToken] = useState(takeToken);
  const [refusal, setRefusal] = useState<string | null>(null);

  useEffect(() => {
    // Opening the printed address in a tab that already shows the page only changes the fragment.
    const onHash = () => {
      if (tokenFromHash(window.location.hash).token === null) return;
      setRefusal(null);
      setToken(takeToken());
    };
    window.addEventListener("hashchange", onHash);
    return () => window.removeEventListener("hashchange", onHash);
  }, []);

  const session = useMemo(() => {
    if (token === null) return null;
    const options = { token, fetch: browserFetch, nowMs: () => performance.now() };
    const openRuntime = () => new RuntimeStore(options);
    return { live: new LiveStore(options), api: new ApiClient(token, browserFetch), slots, cells, openRuntime };
  }, [token]);

  useEffect(() => {
    if (session === null) return undefined;
    const { live } = session;
    const stopListening = live.subscribe(() => {
      const { phase } = live.view();
      if (phase.phase !== "refused") return;
      dropToken(window.sessionStorage);
      setRefusal(phase.message);
      setToken(null);
    });
    const seen = () => {
      if (!document.hidden) live.retryNow();
    };
    window.addEventListener("online", live.retryNow);
    document.addEventListener("visibilitychange", seen);
    live.start();
    return () => {
      window.removeEventListener("online", live.retryNow);
      document.removeEventListener("visibilitychange", seen);
      stopListening();
      live.close();
    };
  }, [session]);

  const enter = (entered: string) => {
    keepToken(window.sessionStorage, entered);
    setRefusal(null);
    setToken(entered);
  };
  if (session === null) return <TokenGate refusal={refusal} onToken={enter} />;
  return (
    <SessionContext value={session}>
      <App />
    </SessionContext>
  );
}

applyTheme(keptTheme());
const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root element");
createRoot(root).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
