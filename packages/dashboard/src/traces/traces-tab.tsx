/** Traces: the list, one of them as a waterfall, and the service graph that all of them add up to. */
import type { TabProps } from "../app.js";
import { ServiceGraphSection } from "./service-graph-section.js";
import { TraceList } from "./trace-list.js";
import { TraceSection } from "./trace-section.js";

export function TracesTab({ data, item }: TabProps) {
  return (
    <>
      <div className={item === null ? "traces" : "traces two"}>
        <TraceList data={data} chosen={item} />
        {item !== null && <TraceSection id={item} data={data} />}
      </div>
      <ServiceGraphSection services={data.services} />
    </>
  );
}
