/** A node's state in a word; all but `live` stand out. */
import type { NodeState } from "@meshwork/console/api-types";

const MEANING: Readonly<Record<NodeState, string>> = {
  starting: "the process runs; the directory does not list it yet",
  live: "in the console's directory",
  left: "said goodbye",
  dead: "declared dead by the mesh",
  expired: "not heard of for longer than its staleness",
  exited: "the process has ended",
};

export function StateBadge({ state }: { readonly state: NodeState }) {
  return (
    <span className={`badge state-${state}`} title={MEANING[state]}>
      {state}
    </span>
  );
}
