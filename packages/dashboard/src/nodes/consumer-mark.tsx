/** Beside the name of who takes most, and of who has no peer. */
import type { Consumers } from "../model/consumers.js";

export function ConsumerMark({ consumers, rowKey }: { readonly consumers: Consumers; readonly rowKey: string }) {
  const { topCpu, topRam, alone } = consumers;
  const most = [rowKey === topCpu && "CPU", rowKey === topRam && "memory"].filter(Boolean).join(" and ");
  const lonely = alone.has(rowKey);
  return (
    <>
      {most !== "" && (
        <span className={lonely ? "badge bad" : "badge"} title={`no live node uses more ${most}`}>
          top {most}
        </span>
      )}
      {lonely && (
        <span
          className="badge bad"
          title="its own active view is empty: it hears nobody of its mesh and nobody hears it"
        >
          no peers
        </span>
      )}
    </>
  );
}
