/**
 * Draws the map of many nodes into a canvas. What looks the same is drawn in one stroke: a frame costs a few dozen calls for a thousand
 * nodes and their links. Text comes when one is near enough to read it.
 *
 * Where no GPU draws, a line of exactly one pixel of the screen costs a seventh of one that is a hundredth wider, and a path of some
 * dozen lines less than one of thousands: what there is much of is drawn so.
 */
import { briefRateText, rateText } from "../format/numbers.js";
import type { Camera, Size } from "../layout/camera.js";
import type { Point } from "../layout/lanes.js";
import { meshFlows } from "../model/flows.js";
import { signOf } from "../parts/state-ring.js";
import type { FieldLink, FieldMap, FieldNode } from "./field-layout.js";
import type { Palette } from "./palette.js";

export interface FieldLook {
  readonly palette: Palette;
  readonly focus: string | null;
  readonly near: ReadonlySet<string>;
  readonly chosen: string | null;
  readonly fitting: ReadonlySet<string> | null;
}

/** On the screen, of a cell: from here on names are shown, then figures too. */
const NAMED_PX = 42;
const TOLD_PX = 100;
const MONO = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace";
const SANS = "system-ui, 'DejaVu Sans', 'Liberation Sans', sans-serif";
const TAU = 2 * Math.PI;
/** Of a node's ring, in radii of the node. */
const RING = 1.28;
const PATH_LINES = 64;
const NONE = { all: 0, live: 0 };

export function paintField(
  context: CanvasRenderingContext2D,
  field: FieldMap,
  camera: Camera,
  frame: Size,
  pixelRatio: number,
  look: FieldLook,
): void {
  const { scale, dx, dy } = camera;
  const onScreen = () => context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  const onField = () =>
    context.setTransform(pixelRatio * scale, 0, 0, pixelRatio * scale, pixelRatio * dx, pixelRatio * dy);
  onScreen();
  context.clearRect(0, 0, frame.width, frame.height);
  onField();
  const margin = field.grid.cell;
  const shows = ({ x, y }: Point) =>
    x * scale + dx > -margin * scale &&
    x * scale + dx < frame.width + margin * scale &&
    y * scale + dy > -margin * scale &&
    y * scale + dy < frame.height + margin * scale;
  paintLanes(context, field, look, scale);
  onScreen();
  paintLinks(context, field, look, camera, 1 / pixelRatio);
  onField();
  const visible = field.nodes.filter(shows);
  paintNodes(context, visible, look, scale, pixelRatio);
  if (field.grid.cell * scale >= NAMED_PX) paintNames(context, visible, field, scale, look);
}

function paintLanes(context: CanvasRenderingContext2D, field: FieldMap, { palette }: FieldLook, scale: number): void {
  const flows = meshFlows(field.flows);
  context.textBaseline = "middle";
  for (const { mesh, x, y, width, height } of field.grid.lanes) {
    context.beginPath();
    context.roundRect(x, y, width, height, 8);
    context.fillStyle = palette.surface ?? "";
    context.fill();
    context.strokeStyle = palette.line ?? "";
    context.lineWidth = 1 / scale;
    context.stroke();
    const { all, live } = field.counts.get(mesh) ?? NONE;
    // At least twelve pixels high on the screen, as long as it fits.
    const size = Math.min(20, Math.max(14, 12 / scale));
    context.textAlign = "left";
    context.fillStyle = palette.text ?? "";
    context.font = `650 ${size}px ${SANS}`;
    context.fillText(mesh, x + 12, y + 18);
    const after = context.measureText(mesh).width;
    context.fillStyle = palette.muted ?? "";
    context.font = `${size * 0.82}px ${SANS}`;
    context.fillText(`${live} live${all > live ? ` of ${all}` : ""}`, x + 12 + after + 10, y + 18);
    context.textAlign = "right";
    context.fillStyle = palette.accent ?? "";
    const out = flows.filter(({ fromMesh }) => fromMesh === mesh);
    const text = out.map(({ toMesh, perMinute }) => `→ ${toMesh} ${rateText(perMinute)}/min`).join("   ");
    context.fillText(text, x + width - 12, y + 18, width * 0.6);
  }
}

/** In pixels of the screen: `thin` is one. */
function paintLinks(
  context: CanvasRenderingContext2D,
  field: FieldMap,
  look: FieldLook,
  { scale, dx, dy }: Camera,
  thin: number,
): void {
  const place = ({ x, y }: Point): Point => ({ x: x * scale + dx, y: y * scale + dy });
  const { palette, focus } = look;
  const lit: FieldLink[] = [];
  const kinds = new Map<string, FieldLink[]>();
  for (const link of field.links) {
    if (focus !== null && (link.from.id === focus || link.to.id === focus)) lit.push(link);
    else {
      const kind = `${link.kind} ${link.report === "both" ? "both" : "one"}`;
      const same = kinds.get(kind);
      if (same === undefined) kinds.set(kind, [link]);
      else same.push(link);
    }
  }
  // Many lines are a cloud: each is the fainter, the more there are.
  const alpha = (focus === null ? 1 : 0.22) * Math.min(0.6, 26 / Math.sqrt(Math.max(1, field.links.length)));
  for (const [kind, links] of kinds) {
    context.strokeStyle = (kind.startsWith("observer") ? palette.observer : palette.link) ?? "";
    context.globalAlpha = kind.startsWith("observer") ? alpha * 0.6 : alpha;
    strokeAll(context, links, place, thin, kind.endsWith("one") ? [2, 4] : []);
  }
  context.globalAlpha = 1;
  for (const link of lit) {
    context.strokeStyle = (link.kind === "observer" ? palette.observer : palette.text) ?? "";
    const [from, to] = [place(link.from), place(link.to)];
    if (link.oneEnd === null) {
      strokeLine(context, from, to, 1.8, []);
      continue;
    }
    // Solid from the end that reports it to the middle, dots from there.
    const [says, silent] = link.oneEnd === "a" ? [from, to] : [to, from];
    const middle = { x: (says.x + silent.x) / 2, y: (says.y + silent.y) / 2 };
    strokeLine(context, says, middle, 1.8, []);
    strokeLine(context, middle, silent, 1.8, [2, 5]);
  }
  context.setLineDash([]);
}

function strokeAll(
  context: CanvasRenderingContext2D,
  links: readonly FieldLink[],
  place: (point: Point) => Point,
  width: number,
  dash: number[],
): void {
  context.setLineDash(dash);
  context.lineWidth = width;
  for (const some of inPaths(links)) {
    context.beginPath();
    for (const link of some) {
      const [from, to] = [place(link.from), place(link.to)];
      context.moveTo(from.x, from.y);
      context.lineTo(to.x, to.y);
    }
    context.stroke();
  }
}

function* inPaths<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += PATH_LINES) yield items.slice(at, at + PATH_LINES);
}

function strokeLine(context: CanvasRenderingContext2D, from: Point, to: Point, width: number, dash: number[]): void {
  context.setLineDash(dash);
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.lineTo(to.x, to.y);
  context.stroke();
}

function paintNodes(
  context: CanvasRenderingContext2D,
  nodes: readonly FieldNode[],
  look: FieldLook,
  scale: number,
  pixelRatio: number,
): void {
  const { palette, focus, near, fitting, chosen } = look;
  const fades = ({ id }: FieldNode) => (fitting !== null && !fitting.has(id)) || (focus !== null && !near.has(id));
  const bodies = new Map<string, FieldNode[]>();
  const rings = new Map<string, FieldNode[]>();
  const put = (groups: Map<string, FieldNode[]>, key: string, node: FieldNode) => {
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [node]);
    else group.push(node);
  };
  for (const node of nodes) {
    const faded = fades(node) ? "faded" : "clear";
    put(bodies, `${faded} ${node.gone ? "line" : node.type in palette ? node.type : "other"}`, node);
    put(rings, `${faded} ${ringColour(node.ring)}`, node);
  }
  for (const [key, group] of bodies) {
    const [faded, colour = ""] = key.split(" ");
    context.globalAlpha = faded === "faded" ? 0.26 : 1;
    context.fillStyle = palette[colour] ?? "";
    drawAround(context, group, 1, "fill");
  }
  for (const [key, group] of rings) {
    const [faded, colour = ""] = key.split(" ");
    const loud = colour === "warn" || colour === "bad";
    context.globalAlpha = faded === "faded" ? 0.2 : loud ? 1 : 0.6;
    context.strokeStyle = palette[colour] ?? "";
    context.lineWidth = loud ? 3 / Math.min(1.6, scale) : 1 / (scale * pixelRatio);
    drawAround(context, group, RING, "stroke");
  }
  context.globalAlpha = 1;
  const marked = nodes.find(({ id }) => id === chosen);
  if (marked === undefined) return;
  context.strokeStyle = palette.accent ?? "";
  context.lineWidth = 3 / scale;
  context.beginPath();
  context.arc(marked.x, marked.y, marked.radius * RING + 4 / scale, 0, TAU);
  context.stroke();
}

/** A circle around each, of so many of its radii. */
function drawAround(
  context: CanvasRenderingContext2D,
  nodes: readonly FieldNode[],
  radii: number,
  draw: "fill" | "stroke",
): void {
  for (const some of inPaths(nodes)) {
    context.beginPath();
    for (const { x, y, radius } of some) {
      context.moveTo(x + radius * radii, y);
      context.arc(x, y, radius * radii, 0, TAU);
    }
    context[draw]();
  }
}

function ringColour(ring: FieldNode["ring"]): string {
  if (ring === "alive") return "good";
  if (ring === "suspected" || ring === "doubted") return "warn";
  return ring === "dead" || ring === "expired" ? "bad" : "muted";
}

function paintNames(
  context: CanvasRenderingContext2D,
  nodes: readonly FieldNode[],
  { grid: { cell, cellWidth } }: FieldMap,
  scale: number,
  { palette, fitting }: FieldLook,
): void {
  const room = cellWidth * 0.98;
  // Links pass behind a name, not through it.
  const write = (text: string, x: number, y: number) => {
    context.strokeText(text, x, y, room);
    context.fillText(text, x, y, room);
  };
  const tells = cell * scale >= TOLD_PX;
  const size = Math.min(cell * 0.21, 11.5 / scale);
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  for (const node of nodes) {
    const { id, x, y, radius, ring, type, label } = node;
    context.globalAlpha = fitting !== null && !fitting.has(id) ? 0.25 : 1;
    context.fillStyle = node.gone ? (palette.muted ?? "") : (palette.surface ?? "");
    context.font = `700 ${radius * 0.95}px ${SANS}`;
    context.fillText(signOf(ring, type), x, y + radius * 0.06);
    context.fillStyle = (node.gone ? palette.muted : palette.text) ?? "";
    context.font = `${size}px ${MONO}`;
    const under = y + radius * RING + size * 0.75;
    context.strokeStyle = palette.surface ?? "";
    context.lineWidth = size * 0.3;
    write(tells ? label : (label.split(" ").at(-1) ?? label), x, under);
    if (!tells || node.node === null) continue;
    context.fillStyle = palette.muted ?? "";
    const { framesSentPerMinute, framesReceivedPerMinute } = node.node;
    const second =
      ring === "alive" ? `↑${briefRateText(framesSentPerMinute)} ↓${briefRateText(framesReceivedPerMinute)}` : ring;
    write(second, x, under + size * 1.15);
  }
  context.globalAlpha = 1;
}
