/** The edges with their figures. */
import type { ServiceEdge, ServiceRef } from "@meshwork/console/api-types";
import { typeClass } from "../format/names.js";
import { countText, durationText, partText, rateText } from "../format/numbers.js";
import { Age } from "../parts/age.js";

export interface ServiceEdgeTableProps {
  readonly edges: readonly ServiceEdge[];
  readonly receivedAtMs: number;
}

export function ServiceEdgeTable({ edges, receivedAtMs }: ServiceEdgeTableProps) {
  const sorted = [...edges].sort((a, b) => b.calls - a.calls || a.key.localeCompare(b.key));
  return (
    <div className="table-frame">
      <table>
        <thead>
          <tr>
            <th>From</th>
            <th>To</th>
            <th>Operation</th>
            <th className="num">Calls</th>
            <th className="num" title="over the last minute">
              Per min
            </th>
            <th className="num">Errors</th>
            <th className="num">Mean</th>
            <th className="num">Longest</th>
            <th className="num">Last</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((edge) => (
            <tr key={edge.key} data-testid="service-edge">
              <td>
                <Service service={edge.from} />
              </td>
              <td>
                <Service service={edge.to} />
              </td>
              <td className={edge.from.mesh === edge.to.mesh ? "" : "crossing-text"}>{edge.operation}</td>
              <td className="num">{countText(edge.calls)}</td>
              <td className="num">{rateText(edge.callsPerMinute)}</td>
              <td className={edge.errors > 0 ? "num bad" : "num"}>
                {countText(edge.errors)}
                {edge.errors > 0 && ` (${partText(edge.errors, edge.calls)})`}
              </td>
              <td className="num">{durationText(edge.meanMs)}</td>
              <td className="num">{durationText(edge.maxMs)}</td>
              <td className="num">
                <Age ageMs={edge.ageMs} receivedAtMs={receivedAtMs} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Service({ service }: { readonly service: ServiceRef }) {
  return (
    <span className={`type-mark ${typeClass(service.service)}`}>
      <span className="dot" aria-hidden="true" />
      {service.mesh}.{service.service}
    </span>
  );
}
