/** The service graph as a drawing: a row per mesh, callers left of whom they call, each edge with its operations and counts. */
import type { ServiceEdge, ServiceGraph } from "@meshwork/console/api-types";
import { typeClass } from "../format/names.js";
import { countText } from "../format/numbers.js";
import { type ServiceBox, serviceKey, serviceLayers } from "../layout/service-layers.js";

const BOX = { width: 104, height: 40 };
const COLUMN = 212;
const ROW = 150;
const EDGE = { top: 62, left: 92 };

interface Bundle {
  readonly key: string;
  readonly from: ServiceBox;
  readonly to: ServiceBox;
  readonly operations: readonly ServiceEdge[];
}

export function ServiceGraphView({ graph }: { readonly graph: ServiceGraph }) {
  const layers = serviceLayers(graph.services, graph.edges);
  const width = EDGE.left + (layers.columns - 1) * COLUMN + BOX.width + 30;
  const height = EDGE.top * 2 + (layers.rows - 1) * ROW;
  const meshes = [...new Set(layers.boxes.map((box) => box.mesh))];
  const bundles = bundlesOf(graph.edges, layers.boxes);
  return (
    <div className="graph-frame">
      <svg
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label="Service graph; the table beside it says the same"
        data-testid="service-graph"
      >
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
        {meshes.map((mesh, row) => (
          <text key={mesh} className="lane-name" x="0" y={EDGE.top + row * ROW + 5}>
            {mesh}
          </text>
        ))}
        {bundles.map((bundle) => (
          <path
            key={bundle.key}
            className={`call${bundle.from.mesh === bundle.to.mesh ? "" : " crossing"}${errorsOf(bundle) > 0 ? " failing" : ""}`}
            d={shapeOf(bundle).path}
            markerEnd="url(#arrow)"
          />
        ))}
        {layers.boxes.map((box) => (
          <g
            key={serviceKey(box)}
            className={`service-box ${typeClass(box.service)}`}
            transform={`translate(${leftOf(box)} ${middleOf(box) - BOX.height / 2})`}
          >
            <rect width={BOX.width} height={BOX.height} rx="7" />
            <text x={BOX.width / 2} y={BOX.height / 2} textAnchor="middle" dy="0.35em">
              {box.service}
            </text>
          </g>
        ))}
        {bundles.map((bundle) => (
          <EdgeLabel key={bundle.key} bundle={bundle} />
        ))}
      </svg>
    </div>
  );
}

function EdgeLabel({ bundle }: { readonly bundle: Bundle }) {
  const { x, y } = shapeOf(bundle);
  const lines = bundle.operations.flatMap(({ operation, calls, errors }) => [
    { key: operation, text: `${operation} ${countText(calls)}`, failing: false },
    ...(errors > 0 ? [{ key: `${operation} failed`, text: `${countText(errors)} failed`, failing: true }] : []),
  ]);
  const widest = Math.max(...lines.map(({ text }) => text.length)) * 6.3 + 10;
  const height = lines.length * 14 + 4;
  return (
    <g className="call-label">
      <rect x={x - widest / 2} y={y - height / 2} width={widest} height={height} rx="4" />
      {lines.map(({ key, text, failing }, line) => (
        <text key={key} className={failing ? "bad" : ""} x={x} y={y - height / 2 + 12 + line * 14} textAnchor="middle">
          {text}
        </text>
      ))}
    </g>
  );
}

const leftOf = (box: ServiceBox) => EDGE.left + box.column * COLUMN;
const middleOf = (box: ServiceBox) => EDGE.top + box.row * ROW;
const errorsOf = (bundle: Bundle) => bundle.operations.reduce((sum, edge) => sum + edge.errors, 0);

/** Edges between the same two services are one line with several operations. */
function bundlesOf(edges: readonly ServiceEdge[], boxes: readonly ServiceBox[]): Bundle[] {
  const boxOf = new Map(boxes.map((box) => [serviceKey(box), box]));
  const bundles = new Map<string, Bundle>();
  for (const edge of edges) {
    const [from, to] = [boxOf.get(serviceKey(edge.from)), boxOf.get(serviceKey(edge.to))];
    if (from === undefined || to === undefined) continue;
    const key = `${serviceKey(from)}>${serviceKey(to)}`;
    const operations = [...(bundles.get(key)?.operations ?? []), edge].sort((a, b) =>
      a.operation.localeCompare(b.operation),
    );
    bundles.set(key, { key, from, to, operations });
  }
  return [...bundles.values()];
}

/**
 * Within a row an edge that passes over other boxes bows away from the rows' middle; between rows it is a slope. The label sits nearer to
 * the caller, where slopes of both directions do not meet.
 */
function shapeOf({ from, to }: Bundle): { path: string; x: number; y: number } {
  const back = to.column <= from.column;
  const start = { x: leftOf(from) + (back ? 0 : BOX.width), y: middleOf(from) };
  const end = { x: leftOf(to) + (back ? BOX.width : 0) + (back ? 3 : -3), y: middleOf(to) };
  const span = Math.abs(to.column - from.column);
  if (from.row === to.row && span > 1) {
    const bow = (from.row === 0 ? -1 : 1) * (26 + 22 * (span - 1));
    const lift = start.y + (from.row === 0 ? -1 : 1) * (BOX.height / 2);
    const [x1, x2] = [leftOf(from) + BOX.width * 0.75, leftOf(to) + BOX.width * 0.25];
    return {
      path: `M${x1} ${lift}C${x1 + 30} ${lift + bow} ${x2 - 30} ${lift + bow} ${x2} ${lift}`,
      x: (x1 + x2) / 2,
      y: lift + bow * 0.75,
    };
  }
  if (from === to) {
    const [x, y] = [leftOf(from) + BOX.width / 2, start.y - BOX.height / 2];
    return { path: `M${x - 18} ${y}C${x - 26} ${y - 36} ${x + 26} ${y - 36} ${x + 18} ${y}`, x, y: y - 26 };
  }
  if (from.column === to.column) {
    const down = Math.sign(to.row - from.row);
    const x = leftOf(from) + BOX.width * (down > 0 ? 0.35 : 0.65);
    const [y1, y2] = [start.y + (down * BOX.height) / 2, end.y - (down * BOX.height) / 2];
    return { path: `M${x} ${y1}L${x} ${y2}`, x, y: y1 + (y2 - y1) * 0.3 };
  }
  const pull = (end.x - start.x) * 0.4;
  const path = `M${start.x} ${start.y}C${start.x + pull} ${start.y} ${end.x - pull} ${end.y} ${end.x} ${end.y}`;
  const at = from.row === to.row ? 0.5 : 0.3;
  return { path, ...bezierPoint(at, start, { x: start.x + pull, y: start.y }, { x: end.x - pull, y: end.y }, end) };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function bezierPoint(t: number, a: Point, b: Point, c: Point, d: Point): Point {
  const u = 1 - t;
  const mix = (pick: (point: Point) => number) =>
    u ** 3 * pick(a) + 3 * u * u * t * pick(b) + 3 * u * t * t * pick(c) + t ** 3 * pick(d);
  return { x: mix((point) => point.x), y: mix((point) => point.y) };
}
