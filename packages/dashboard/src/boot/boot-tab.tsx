/** How every node booted: the steps of its boot trace where they really lie, stalled and failed ones in red with their name. */
import { useState } from "react";
import type { TabProps } from "../app.js";
import { displayName, stepName } from "../format/names.js";
import { useLive } from "../hooks/use-live.js";
import { useNow } from "../hooks/use-now.js";
import { isInPicture } from "../model/member-state.js";
import { inOrder } from "../model/row-order.js";
import { AsOf } from "../parts/as-of.js";
import { Empty } from "../parts/empty.js";
import { Section } from "../parts/section.js";
import { TimeScale } from "../parts/time-scale.js";
import { BootRow } from "./boot-row.js";
import { BOOT_STEPS, bootStepClass } from "./boot-steps.js";

export function BootTab({ data, item }: TabProps) {
  const { lastEventAtMs } = useLive();
  const [longest, setLongest] = useState<ReadonlyMap<string, number>>(new Map());
  const nowMs = useNow();
  const rows = inOrder(data.nodes.values()).filter((row) => isInPicture(row, nowMs));
  const keys = new Set(rows.map((row) => row.value.key));
  const totalMs = Math.max(1, ...[...longest].filter(([key]) => keys.has(key)).map(([, ms]) => ms));
  const onDuration = (key: string, ms: number) =>
    setLongest((held) =>
      held.get(key) === ms ? held : new Map([...held].filter(([other]) => keys.has(other))).set(key, ms),
    );
  if (rows.length === 0)
    return <Empty title="No node is known yet">Each node's boot appears here with its telemetry.</Empty>;
  return (
    <Section title="Boot traces" aside={<AsOf receivedAtMs={lastEventAtMs} />}>
      <div className="legend">
        {BOOT_STEPS.map((step) => (
          <span key={step} className="step-sample">
            <span className={`swatch ${bootStepClass(step)}`} aria-hidden="true" />
            {stepName(step)}
          </span>
        ))}
        <span className="step-sample">
          <span className="swatch step-broken" aria-hidden="true" /> stalled or failed
        </span>
      </div>
      <div className="waterfall boot">
        <div className="waterfall-row waterfall-head">
          <span>Node</span>
          <span className="num">Boot</span>
          <TimeScale totalMs={totalMs} ticks={6} />
        </div>
        {rows.map((row) => (
          <BootRow
            key={row.value.key}
            node={row.value}
            totalMs={totalMs}
            open={item !== null && item === displayName(row.value)}
            onDuration={onDuration}
          />
        ))}
      </div>
    </Section>
  );
}
