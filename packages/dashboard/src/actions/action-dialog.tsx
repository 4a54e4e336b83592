/** The dialog of the action that is wished for, if any. Drawn once, above every view. */
import { useSyncExternalStore } from "react";
import { useLive } from "../hooks/use-live.js";
import { actionDesk } from "./action-desk.js";
import { DemoDialog } from "./demo-dialog.js";
import { NodeActionDialog } from "./node-action-dialog.js";
import { SendDialog } from "./send-dialog.js";
import { SpawnDialog } from "./spawn-dialog.js";

export function ActionDialog() {
  const wish = useSyncExternalStore(actionDesk.subscribe, actionDesk.wish);
  const { data } = useLive();
  if (wish === null || data === null) return null;
  const close = () => actionDesk.ask(null);
  const nodes = [...data.nodes.values()].map(({ value }) => value);
  if (wish.kind === "spawn") return <SpawnDialog mesh={wish.mesh} nodes={nodes} onClose={close} />;
  if (wish.kind === "send") return <SendDialog to={wish.to} nodes={nodes} onClose={close} />;
  if (wish.kind === "demo") return <DemoDialog on={wish.on} live={data.cluster.value.live} onClose={close} />;
  const { kind, name } = wish;
  const node = nodes.find((candidate) => candidate.name === name) ?? null;
  return <NodeActionDialog key={`${kind} ${name}`} kind={kind} name={name} node={node} onClose={close} />;
}
