/**
 * The flame graph on a canvas: callers above what they called, width is time. A click on a box makes it the whole width, one on a box
 * above it goes back. Arrow keys walk the boxes, Enter goes in, Escape out.
 */
import { type KeyboardEvent, type MouseEvent, useEffect, useMemo, useRef, useState } from "react";
import { durationText } from "../format/numbers.js";
import { useWidth } from "../hooks/use-size.js";
import { type FlameBox, type FlameNode, flameBoxes, flameDepth, frameKind, nodeAt } from "./flame-tree.js";

const ROW = 18;
const MIN_PX = 0.6;
const TEXT_PX = 28;

const KINDS = {
  own: "this program",
  library: "libraries",
  node: "Node.js",
  engine: "native, garbage collector",
} as const;

export function FlameGraph({ tree }: { readonly tree: FlameNode }) {
  const [frame, width] = useWidth<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [path, setPath] = useState<readonly string[]>(["all"]);
  const [pointed, setPointed] = useState<FlameBox | null>(null);
  const root = nodeAt(tree, path);
  const boxes = useMemo(() => (width === 0 ? [] : flameBoxes(root, MIN_PX / width)), [root, width]);
  const height = flameDepth(boxes) * ROW;

  useEffect(() => {
    if (canvas.current !== null && width > 0) draw(canvas.current, boxes, width, height, pointed);
  }, [boxes, width, height, pointed]);

  const boxAt = (event: MouseEvent<HTMLCanvasElement>): FlameBox | null => {
    const { offsetX, offsetY } = event.nativeEvent;
    const [x, depth] = [offsetX / width, Math.floor(offsetY / ROW)];
    return boxes.find((box) => box.depth === depth && x >= box.x && x < box.x + box.width) ?? null;
  };
  const enter = (box: FlameBox | null) => {
    if (box === null) return;
    setPath([...path.slice(0, -1), ...box.path]);
    setPointed(null);
  };
  const leave = () => {
    setPath(path.length > 1 ? path.slice(0, -1) : path);
    setPointed(null);
  };
  const onKey = (event: KeyboardEvent) => {
    const next = walked(boxes, pointed ?? boxes[0] ?? null, event.key);
    if (event.key === "Enter") enter(pointed);
    else if (event.key === "Escape") leave();
    else if (next !== undefined) setPointed(next);
    else return;
    event.preventDefault();
  };
  const told = pointed?.node ?? root;
  return (
    <div className="flame">
      <div className="flame-line">
        <span className="mono flame-name" data-testid="flame-pointed">
          {told.name}
        </span>
        <span className="muted">
          {durationText(told.totalUs / 1_000)} with what it called ({share(told.totalUs, tree.totalUs)}),{" "}
          {durationText(told.selfUs / 1_000)} itself
        </span>
        {path.length > 1 && (
          <button type="button" onClick={() => setPath(["all"])} data-testid="flame-reset">
            Show all
          </button>
        )}
      </div>
      <div className="flame-kinds">
        {Object.entries(KINDS).map(([kind, text]) => (
          <span key={kind} className="step-sample">
            <span className={`swatch flame-${kind}`} aria-hidden="true" />
            {text}
          </span>
        ))}
      </div>
      <div ref={frame} className="flame-frame">
        <canvas
          ref={canvas}
          role="img"
          tabIndex={0}
          aria-label="Flame graph: arrow keys walk, Enter goes in, Escape out. The table beside it has the same functions."
          style={{ width, height }}
          onMouseMove={(event) => setPointed(boxAt(event))}
          onMouseLeave={() => setPointed(null)}
          onClick={(event) => enter(boxAt(event))}
          onKeyDown={onKey}
          data-testid="flame-canvas"
          data-boxes={boxes.length}
        />
      </div>
    </div>
  );
}

function share(us: number, ofUs: number): string {
  return ofUs === 0 ? "–" : `${((us / ofUs) * 100).toFixed(1)} %`;
}

function walked(boxes: readonly FlameBox[], from: FlameBox | null, key: string): FlameBox | undefined {
  if (from === null) return undefined;
  const middle = from.x + from.width / 2;
  const row = (depth: number) => boxes.filter((box) => box.depth === depth);
  const at = row(from.depth).indexOf(from);
  switch (key) {
    case "ArrowDown":
      return boxes.find((box) => box.depth === from.depth + 1 && box.x >= from.x - 1e-9 && box.x < from.x + from.width);
    case "ArrowUp":
      return boxes.find((box) => box.depth === from.depth - 1 && middle >= box.x && middle < box.x + box.width);
    case "ArrowRight":
      return row(from.depth)[at + 1];
    case "ArrowLeft":
      return row(from.depth)[at - 1];
    default:
      return undefined;
  }
}

function draw(
  canvas: HTMLCanvasElement,
  boxes: readonly FlameBox[],
  width: number,
  height: number,
  pointed: FlameBox | null,
): void {
  const scale = window.devicePixelRatio;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  if (context === null) return;
  const styles = getComputedStyle(canvas);
  const colour = (name: string) => styles.getPropertyValue(name);
  context.scale(scale, scale);
  context.font = `11px ${colour("--mono")}`;
  context.textBaseline = "middle";
  for (const box of boxes) {
    const [x, y, wide] = [box.x * width, box.depth * ROW, box.width * width];
    context.fillStyle = colour(box === pointed ? "--flame-pointed" : `--flame-${frameKind(box.node.name)}`);
    context.fillRect(x, y, Math.max(MIN_PX, wide - 0.6), ROW - 1);
    if (wide < TEXT_PX) continue;
    context.save();
    context.beginPath();
    context.rect(x, y, wide - 4, ROW);
    context.clip();
    context.fillStyle = colour("--flame-text");
    context.fillText(box.node.name, x + 4, y + ROW / 2);
    context.restore();
  }
}
