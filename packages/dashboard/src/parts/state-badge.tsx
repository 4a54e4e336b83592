/** A member's state in a word; all but `alive` stand out. */
const MEANING: Readonly<Record<string, string>> = {
  starting: "the process runs; the directory does not list it yet",
  alive: "in the directory, and not suspected",
  suspected: "silent towards the node whose view this is; still a live member",
  doubted: "alive for the console; another node says otherwise",
  left: "said goodbye",
  dead: "declared dead by the mesh",
  expired: "not heard of for longer than its staleness",
  exited: "the process has ended",
};

/** Any text: nodes of later versions may know further states. */
export function StateBadge({ state }: { readonly state: string }) {
  const meaning = MEANING[state];
  return (
    <span className={`badge ${meaning === undefined ? "" : `state-${state}`}`} title={meaning}>
      {state}
    </span>
  );
}
