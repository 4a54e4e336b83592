/** What can be done to the cluster as a whole. Where the console is read-only, that alone is said. */
import type { ClusterSummary } from "@meshwork/console/api-types";
import { actionDesk } from "./action-desk.js";
import { canAct } from "./node-actions.js";

export function ClusterActions({ cluster }: { readonly cluster: ClusterSummary }) {
  if (cluster.readOnly)
    return (
      <span
        className="badge"
        title="started with --read-only: this console shows and does not act"
        data-testid="read-only"
      >
        read-only
      </span>
    );
  const { demo } = cluster;
  return (
    <div className="actions">
      {canAct(cluster) && (
        <button type="button" onClick={() => actionDesk.ask({ kind: "spawn", mesh: null })} data-testid="action-spawn">
          + Nodes…
        </button>
      )}
      <button type="button" onClick={() => actionDesk.ask({ kind: "send", to: null })} data-testid="action-send-any">
        Send…
      </button>
      {demo !== null && (
        <button
          type="button"
          onClick={() => actionDesk.ask({ kind: "demo", on: !demo.running })}
          data-testid="action-demo"
        >
          {demo.running ? "Stop demo…" : "Start demo…"}
        </button>
      )}
    </div>
  );
}
