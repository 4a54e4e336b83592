/** The map of many nodes on a canvas: drag to move, wheel or two fingers to come near, click or arrows to choose. */
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { ageNow, ageText } from "../format/ages.js";
import { bytesText, coresText, rateText } from "../format/numbers.js";
import { useSize } from "../hooks/use-size.js";
import type { CellBook } from "../layout/cell-book.js";
import type { Point } from "../layout/lanes.js";
import { routeHash } from "../state/route.js";
import { type FieldNode, fieldMap, nextNode } from "./field-layout.js";
import { FieldScreen } from "./field-screen.js";
import type { MeshMap } from "./map-model.js";
import type { MapViewProps } from "./mesh-map-view.js";
import { onThemeChange, type Palette, readPalette } from "./palette.js";

export type FieldViewProps = Omit<MapViewProps, "onKill"> & { readonly map: MeshMap; readonly cells: CellBook };

const WAYS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};
const STEP_PX = 60;
const ZOOM_STEP = 1.4;

export function FieldView({ map, cells, focus, near, chosen, fitting, oldAfterMs, onHover }: FieldViewProps) {
  const [frameRef, frame] = useSize<HTMLDivElement>();
  const canvasRef = useRef<HTMLCanvasElement>(null);
  const screenRef = useRef<FieldScreen>(null);
  const [pointed, setPointed] = useState<{ readonly id: string; readonly at: Point } | null>(null);
  const palette = usePalette(canvasRef);
  const field = useMemo(() => (frame.width === 0 ? null : fieldMap(map, cells, frame)), [map, cells, frame]);

  useEffect(() => {
    const canvas = canvasRef.current;
    if (canvas === null) return undefined;
    const screen = new FieldScreen(canvas, {
      onPoint: (node, at) => {
        setPointed(node === null ? null : { id: node.id, at });
        onHover(node?.id ?? null);
      },
      onChoose: choose,
    });
    screenRef.current = screen;
    return () => {
      screen.close();
      screenRef.current = null;
    };
  }, [onHover]);

  useEffect(() => {
    if (field !== null && palette !== null)
      screenRef.current?.show(field, { palette, focus, near, chosen, fitting }, frame);
  }, [field, palette, focus, near, chosen, fitting, frame]);

  const marked = chosen === null ? undefined : field?.byId.get(chosen);
  const onKeyDown = (event: KeyboardEvent) => {
    const screen = screenRef.current;
    const way = WAYS[event.key];
    if (screen === null || field === null) return;
    if (way !== undefined) {
      event.preventDefault();
      if (event.shiftKey) screen.pan(-way.x * STEP_PX, -way.y * STEP_PX);
      else {
        const next = marked === undefined ? field.nodes[0] : nextNode(field.nodes, marked, way);
        if (next == null) return;
        choose(next);
        screen.bringIntoView(next);
      }
    } else if (event.key === "+" || event.key === "=") screen.zoom(ZOOM_STEP);
    else if (event.key === "-") screen.zoom(1 / ZOOM_STEP);
    else if (event.key === "0") screen.fit();
  };
  const live = map.nodes.filter(({ node }) => node?.live === true).length;
  const shown = pointed === null ? undefined : field?.byId.get(pointed.id);
  return (
    <div ref={frameRef} className="field-frame">
      <canvas
        ref={canvasRef}
        tabIndex={0}
        role="img"
        aria-label={`Map of ${map.nodes.length} nodes in ${map.meshes.length} meshes, ${live} of them live. Arrows choose a node.`}
        data-testid="field"
        onKeyDown={onKeyDown}
      />
      <p className="unseen" role="status">
        {marked !== undefined && `${marked.name}, ${marked.ring}, ${marked.degree} links`}
      </p>
      <div className="field-tools">
        <button type="button" aria-label="nearer" onClick={() => screenRef.current?.zoom(ZOOM_STEP)}>
          +
        </button>
        <button type="button" aria-label="further away" onClick={() => screenRef.current?.zoom(1 / ZOOM_STEP)}>
          −
        </button>
        <button type="button" aria-label="show all" onClick={() => screenRef.current?.fit()}>
          ⤢
        </button>
      </div>
      {pointed !== null && shown !== undefined && (
        <Tip node={shown} at={pointed.at} width={frame.width} oldAfterMs={oldAfterMs} />
      )}
    </div>
  );
}

function choose(node: FieldNode | null): void {
  window.location.hash = routeHash("topology", node === null ? null : (node.node?.name ?? node.id));
}

function usePalette(ref: { readonly current: HTMLElement | null }): Palette | null {
  const [palette, setPalette] = useState<Palette | null>(null);
  useEffect(() => {
    const read = () => {
      if (ref.current !== null) setPalette(readPalette(ref.current));
    };
    read();
    return onThemeChange(read);
  }, [ref]);
  return palette;
}

interface TipProps {
  readonly node: FieldNode;
  readonly at: Point;
  readonly width: number;
  readonly oldAfterMs: number;
}

/** What a card would say. */
function Tip({ node: { name, ring, degree, role, node, receivedAtMs }, at, width, oldAfterMs }: TipProps) {
  const ageMs = ageNow(node?.statsAgeMs, receivedAtMs, performance.now());
  const fresh = ageMs !== null && ageMs <= oldAfterMs;
  return (
    <div
      className="field-tip"
      style={{ left: Math.min(at.x + 14, Math.max(0, width - 250)), top: at.y + 14 }}
      data-testid="field-tip"
    >
      <strong className="mono">{name}</strong>
      <span>
        {ring} · {degree} links{role === "usual" ? "" : ` · ${role}`}
      </span>
      {fresh && node !== null ? (
        <span className="muted">
          {coresText(node.cpuUsedCores)} cores · {bytesText(node.ramUsedBytes)} · ↑{rateText(node.framesSentPerMinute)}{" "}
          ↓{rateText(node.framesReceivedPerMinute)}
        </span>
      ) : (
        <span className="muted">figures {ageMs === null ? "unknown" : `${ageText(ageMs)} old`}</span>
      )}
    </div>
  );
}
