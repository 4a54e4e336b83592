/** A node's state in a word; all but `alive` stand out. */
import type { NodeState } from "@meshwork/console/api-types";

const MEANING: Readonly<Record<NodeState, string>> = {
  starting: "the process runs; the directory does not list it yet",
  alive: "in the console's directory",
  suspected: "silent towards the console; still a live member",
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
