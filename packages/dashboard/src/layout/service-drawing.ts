/**
 * Where everything of the service graph goes: boxes on the grid of service-layers.ts, one curve per pair of services, and each curve's
 * label at the first place along it where it covers neither a box nor another label. A pure function: the same graph gives the same
 * drawing, and counts that grow do not move it.
 */
import type { ServiceEdge, ServiceGraph } from "@meshwork/console/api-types";
import { countText, partText } from "../format/numbers.js";
import type { Point } from "./lanes.js";
import { type ServiceBox, serviceKey, serviceLayers } from "./service-layers.js";

export const BOX = { width: 104, height: 40 };
const COLUMN = 212;
const ROW = 150;
const LEFT = 92;
const MARGIN = 18;
const LINE_HEIGHT = 14;
const CHAR_WIDTH = 6.4;

export interface PlacedBox extends ServiceBox, Point {}

export interface LabelLine {
  readonly key: string;
  readonly text: string;
  readonly failing: boolean;
}

/** All calls from one service to another; `x` and `y` are the label's middle. */
export interface PlacedCall extends Point {
  readonly key: string;
  readonly path: string;
  readonly crossing: boolean;
  readonly failing: boolean;
  readonly lines: readonly LabelLine[];
  readonly width: number;
  readonly height: number;
}

export interface ServiceDrawing {
  readonly width: number;
  readonly height: number;
  readonly meshes: readonly { readonly mesh: string; readonly y: number }[];
  readonly boxes: readonly PlacedBox[];
  readonly calls: readonly PlacedCall[];
}

interface Bundle {
  readonly key: string;
  readonly from: ServiceBox;
  readonly to: ServiceBox;
  readonly operations: readonly ServiceEdge[];
}

interface Rect extends Point {
  readonly width: number;
  readonly height: number;
}

type Curve = readonly [Point, Point, Point, Point];

export function serviceDrawing(graph: Pick<ServiceGraph, "services" | "edges">): ServiceDrawing {
  const layers = serviceLayers(graph.services, graph.edges);
  const bundles = bundlesOf(graph.edges, layers.boxes);
  const lift = (row: number) =>
    Math.max(0, ...bundles.filter(({ from }) => from.row === row).map((bundle) => rise(bundle) * 0.75));
  const top = MARGIN + BOX.height / 2 + lift(0);
  const bottom = MARGIN + BOX.height / 2 + (layers.rows > 1 ? lift(layers.rows - 1) : 0);
  const middle = (box: ServiceBox): Point => ({
    x: LEFT + box.column * COLUMN + BOX.width / 2,
    y: top + box.row * ROW,
  });
  const boxes = layers.boxes.map((box) => ({ ...box, ...middle(box) }));
  const taken: Rect[] = boxes.map(({ x, y }) => ({ x, y, width: BOX.width + 4, height: BOX.height + 4 }));
  const calls = bundles.map((bundle): PlacedCall => {
    const curve = curveOf(bundle, middle);
    const lines = linesOf(bundle.operations);
    const size = {
      width: Math.max(...lines.map(({ text }) => text.length)) * CHAR_WIDTH + 8,
      height: lines.length * LINE_HEIGHT + 4,
    };
    const spot = freeSpot(curve, size, taken, bundle.from.row === bundle.to.row);
    taken.push({ ...spot, ...size });
    return {
      key: bundle.key,
      path: pathOf(curve),
      crossing: bundle.from.mesh !== bundle.to.mesh,
      failing: bundle.operations.some(({ errors }) => errors > 0),
      lines,
      ...size,
      ...spot,
    };
  });
  const meshes = [...new Map(boxes.map(({ mesh, y }) => [mesh, y]))].map(([mesh, y]) => ({ mesh, y }));
  return {
    width: LEFT + Math.max(0, layers.columns - 1) * COLUMN + BOX.width + MARGIN,
    height: top + Math.max(0, layers.rows - 1) * ROW + bottom,
    meshes,
    boxes,
    calls,
  };
}

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
  return [...bundles.values()].sort((a, b) => a.key.localeCompare(b.key));
}

function linesOf(operations: readonly ServiceEdge[]): LabelLine[] {
  return operations.flatMap(({ operation, calls, errors }) => [
    { key: operation, text: `${operation} ${countText(calls)}`, failing: false },
    ...(errors > 0
      ? [
          {
            key: `${operation} failed`,
            text: `${partText(errors, calls)} failed`,
            failing: true,
          },
        ]
      : []),
  ]);
}

/** How far a curve within a row bows away from it, so that it passes over the boxes in between; 0 for neighbours. */
function rise({ from, to }: Bundle): number {
  const span = Math.abs(to.column - from.column);
  if (from.row !== to.row || (span === 1 && to.column > from.column)) return 0;
  return 30 + 22 * Math.max(1, span);
}

function curveOf(bundle: Bundle, middle: (box: ServiceBox) => Point): Curve {
  const [a, b] = [middle(bundle.from), middle(bundle.to)];
  const bow = rise(bundle);
  if (bow > 0) {
    // The first row bows upwards, all others downwards: towards the outside where there are two.
    const out = bundle.from.row === 0 ? -1 : 1;
    const toRight = bundle.to.column >= bundle.from.column ? 1 : -1;
    const y = a.y + (out * BOX.height) / 2;
    const start = { x: a.x + toRight * BOX.width * 0.25, y };
    const end = { x: b.x - toRight * BOX.width * 0.25, y };
    return [start, { x: start.x + toRight * 30, y: y + out * bow }, { x: end.x - toRight * 30, y: y + out * bow }, end];
  }
  if (bundle.from.column === bundle.to.column) {
    const down = Math.sign(b.y - a.y);
    const x = a.x + down * BOX.width * 0.15;
    const [y1, y2] = [a.y + (down * BOX.height) / 2, b.y - (down * BOX.height) / 2];
    return [
      { x, y: y1 },
      { x, y: y1 + (y2 - y1) / 3 },
      { x, y: y1 + ((y2 - y1) * 2) / 3 },
      { x, y: y2 },
    ];
  }
  const toRight = b.x > a.x ? 1 : -1;
  const start = { x: a.x + (toRight * BOX.width) / 2, y: a.y };
  const end = { x: b.x - (toRight * BOX.width) / 2 - toRight * 3, y: b.y };
  const pull = (end.x - start.x) * 0.4;
  return [start, { x: start.x + pull, y: start.y }, { x: end.x - pull, y: end.y }, end];
}

function pathOf([a, b, c, d]: Curve): string {
  const text = ({ x, y }: Point) => `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`;
  return `M${text(a)}C${text(b)} ${text(c)} ${text(d)}`;
}

/** Between rows nearer to the caller first, where slopes of both directions do not meet. */
function freeSpot(
  curve: Curve,
  size: { width: number; height: number },
  taken: readonly Rect[],
  sameRow: boolean,
): Point {
  const places = sameRow
    ? [0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78]
    : [0.3, 0.36, 0.42, 0.24, 0.5, 0.58, 0.66, 0.74, 0.82, 0.18];
  let best = pointOn(curve, places[0]!);
  let least = Number.POSITIVE_INFINITY;
  for (const place of places) {
    const spot = pointOn(curve, place);
    const covered = taken.reduce((sum, other) => sum + overlap({ ...spot, ...size }, other), 0);
    if (covered < least) [best, least] = [spot, covered];
    if (covered === 0) break;
  }
  return best;
}

/** Area in common; `x` and `y` are middles. */
function overlap(a: Rect, b: Rect): number {
  const wide = Math.min(a.x + a.width / 2, b.x + b.width / 2) - Math.max(a.x - a.width / 2, b.x - b.width / 2);
  const high = Math.min(a.y + a.height / 2, b.y + b.height / 2) - Math.max(a.y - a.height / 2, b.y - b.height / 2);
  return wide > 0 && high > 0 ? wide * high : 0;
}

function pointOn([a, b, c, d]: Curve, t: number): Point {
  const u = 1 - t;
  const mix = (pick: (point: Point) => number) =>
    u ** 3 * pick(a) + 3 * u * u * t * pick(b) + 3 * u * t * t * pick(c) + t ** 3 * pick(d);
  return { x: mix((point) => point.x), y: mix((point) => point.y) };
}
