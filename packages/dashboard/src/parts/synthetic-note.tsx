/** That the members are made up, for as long as they are shown; nothing where they are nodes. */
import { countText } from "../format/numbers.js";
import { useLive } from "../hooks/use-live.js";

export function SyntheticNote() {
  const { data } = useLive();
  const synthetic = data?.cluster.value.synthetic ?? null;
  if (synthetic === null) return null;
  return (
    <div className="synthetic-note" role="note" data-testid="synthetic-note">
      <strong>SYNTHETIC</strong> {countText(synthetic.nodes)} made-up members,{" "}
      {synthetic.populated
        ? `${countText(synthetic.changedPerSecond)} of them changing per second.`
        : "being introduced."}{" "}
      No process runs behind them; CPU and RAM are invented.
    </div>
  );
}
