/** The service graph as a drawing: a row per mesh, callers left of whom they call, each edge with its operations and counts. */
import type { ServiceGraph } from "@meshwork/console/api-types";
import { typeClass } from "../format/names.js";
import { BOX, type PlacedCall, serviceDrawing } from "../layout/service-drawing.js";
import { serviceKey } from "../layout/service-layers.js";

export function ServiceGraphView({ graph }: { readonly graph: ServiceGraph }) {
  const { width, height, meshes, boxes, calls } = serviceDrawing(graph);
  return (
    <div className="graph-frame">
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} data-testid="service-graph">
        <title>Service graph; the table beside it says the same</title>
        <defs>
          <marker
            id="arrow"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto-start-reverse"
          >
            <path className="arrow-head" d="M0 0L8 4L0 8z" />
          </marker>
        </defs>
        {meshes.map(({ mesh, y }) => (
          <text key={mesh} className="lane-name" x="0" y={y + 5}>
            {mesh}
          </text>
        ))}
        {calls.map((call) => (
          <path
            key={call.key}
            className={`call${call.crossing ? " crossing" : ""}${call.failing ? " failing" : ""}`}
            d={call.path}
            markerEnd="url(#arrow)"
          />
        ))}
        {boxes.map((box) => (
          <g
            key={serviceKey(box)}
            className={`service-box ${typeClass(box.service)}`}
            transform={`translate(${box.x - BOX.width / 2} ${box.y - BOX.height / 2})`}
          >
            <rect width={BOX.width} height={BOX.height} rx="7" />
            <text x={BOX.width / 2} y={BOX.height / 2} textAnchor="middle" dy="0.35em">
              {box.service}
            </text>
          </g>
        ))}
        {calls.map((call) => (
          <CallLabel key={call.key} call={call} />
        ))}
      </svg>
    </div>
  );
}

function CallLabel({ call: { x, y, width, height, lines } }: { readonly call: PlacedCall }) {
  return (
    <g className="call-label">
      <rect x={x - width / 2} y={y - height / 2} width={width} height={height} rx="4" />
      {lines.map(({ key, text, failing }, line) => (
        <text key={key} className={failing ? "bad" : ""} x={x} y={y - height / 2 + 12 + line * 14} textAnchor="middle">
          {text}
        </text>
      ))}
    </g>
  );
}
