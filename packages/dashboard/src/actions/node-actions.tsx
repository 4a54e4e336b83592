/** The actions that a node's present state allows, as buttons. None where the console is read-only. */
import type { ClusterSummary, NodeView } from "@meshwork/console/api-types";
import { actionDesk, type NodeActionKind } from "./action-desk.js";
import { ACTION_WORDS } from "./action-words.js";

/** Whether this page may act on processes at all. */
export function canAct({ readOnly, supervised }: ClusterSummary): boolean {
  return !readOnly && supervised !== null;
}

export function kindsFor({ process, live, state }: NodeView): readonly NodeActionKind[] {
  if (process?.supervised !== true) return [];
  if (process.state === "frozen") return ["thaw", "kill"];
  if (process.state === "exited") return ["restart", "stop"];
  return live || state === "starting" ? ["stop", "restart", "kill", "freeze"] : [];
}

export function NodeActions({ node, cluster }: { readonly node: NodeView; readonly cluster: ClusterSummary }) {
  const { name } = node;
  if (cluster.readOnly || name === null) return null;
  const kinds = canAct(cluster) ? kindsFor(node) : [];
  const note =
    cluster.supervised === null
      ? "no launcher answers: processes cannot be acted on"
      : node.process?.supervised === true
        ? null
        : "not a process of this launcher";
  return (
    <div className="actions" data-testid="node-actions">
      {kinds.map((kind) => (
        <button
          key={kind}
          type="button"
          className={kind === "kill" ? "harmful-text" : ""}
          onClick={() => actionDesk.ask({ kind, name })}
          data-testid={`action-${kind}`}
        >
          {ACTION_WORDS[kind].verb}
        </button>
      ))}
      {node.live && (
        <button type="button" onClick={() => actionDesk.ask({ kind: "send", to: name })} data-testid="action-send">
          Send…
        </button>
      )}
      {note !== null && node.live && <span className="muted small">{note}</span>}
    </div>
  );
}
