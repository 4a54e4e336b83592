/**
 * The canvas of the map of many nodes: what it shows, how it is moved, and when it is drawn. It is drawn at most once per frame of the
 * screen, and only where something changed. Owner: FieldView; ends with `close()`.
 */
import { type Camera, fitted, panned, type Size, showing, toField, zoomed } from "../layout/camera.js";
import type { Point } from "../layout/lanes.js";
import type { FieldMap, FieldNode } from "./field-layout.js";
import { type FieldLook, paintField } from "./field-painter.js";

/** A pull shorter than this is a click. */
const CLICK_PX = 4;
const WHEEL_FACTOR = 1.0016;

export interface FieldScreenEvents {
  readonly onPoint: (node: FieldNode | null, at: Point) => void;
  readonly onChoose: (node: FieldNode | null) => void;
}

export class FieldScreen {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #abort = new AbortController();
  readonly #pointers = new Map<number, Point>();
  readonly #events: FieldScreenEvents;
  #field: FieldMap | null = null;
  #look: FieldLook | null = null;
  #frame: Size = { width: 0, height: 0 };
  #camera: Camera | null = null;
  #pulledPx = 0;
  #request = 0;
  #painted = 0;

  constructor(canvas: HTMLCanvasElement, events: FieldScreenEvents) {
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("this browser gives no canvas to draw on");
    this.#canvas = canvas;
    this.#context = context;
    this.#events = events;
    const { signal } = this.#abort;
    canvas.addEventListener("pointerdown", (event) => this.#down(event), { signal });
    canvas.addEventListener("pointermove", (event) => this.#move(event), { signal });
    canvas.addEventListener("pointerup", (event) => this.#up(event), { signal });
    canvas.addEventListener("pointercancel", (event) => this.#pointers.delete(event.pointerId), { signal });
    canvas.addEventListener("pointerleave", () => this.#events.onPoint(null, { x: 0, y: 0 }), { signal });
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { signal, passive: false });
  }

  /** Frames drawn so far. */
  get painted(): number {
    return this.#painted;
  }

  show(field: FieldMap, look: FieldLook, frame: Size): void {
    const resized = frame.width !== this.#frame.width || frame.height !== this.#frame.height;
    const outgrown = this.#field !== null && this.#field.grid.cell !== field.grid.cell;
    this.#field = field;
    this.#look = look;
    this.#frame = frame;
    if (resized) {
      const ratio = window.devicePixelRatio;
      this.#canvas.width = Math.round(frame.width * ratio);
      this.#canvas.height = Math.round(frame.height * ratio);
    }
    // Another grid: what was in sight is elsewhere.
    if (this.#camera === null || resized || outgrown) this.#camera = fitted(field.grid, frame);
    this.#paintSoon();
  }

  zoom(factor: number): void {
    this.#zoomAt(factor, { x: this.#frame.width / 2, y: this.#frame.height / 2 });
  }

  fit(): void {
    if (this.#field !== null) this.#set(fitted(this.#field.grid, this.#frame));
  }

  pan(byX: number, byY: number): void {
    if (this.#field !== null && this.#camera !== null)
      this.#set(panned(this.#camera, byX, byY, this.#field.grid, this.#frame));
  }

  bringIntoView(point: Point): void {
    if (this.#field !== null && this.#camera !== null)
      this.#set(showing(this.#camera, point, this.#field.grid, this.#frame));
  }

  close(): void {
    this.#abort.abort();
    cancelAnimationFrame(this.#request);
  }

  #set(camera: Camera): void {
    this.#camera = camera;
    this.#paintSoon();
  }

  #zoomAt(factor: number, at: Point): void {
    if (this.#field !== null && this.#camera !== null)
      this.#set(zoomed(this.#camera, factor, at, this.#field.grid, this.#frame));
  }

  #paintSoon(): void {
    if (this.#request !== 0) return;
    this.#request = requestAnimationFrame(() => {
      this.#request = 0;
      if (this.#field === null || this.#look === null || this.#camera === null) return;
      paintField(this.#context, this.#field, this.#camera, this.#frame, window.devicePixelRatio, this.#look);
      this.#painted += 1;
    });
  }

  #down(event: PointerEvent): void {
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, placeOf(event));
    this.#pulledPx = 0;
  }

  #move(event: PointerEvent): void {
    const at = placeOf(event);
    const before = this.#pointers.get(event.pointerId);
    if (before === undefined) {
      this.#events.onPoint(this.#nodeAt(at), at);
      return;
    }
    this.#pointers.set(event.pointerId, at);
    this.#pulledPx += Math.hypot(at.x - before.x, at.y - before.y);
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other === undefined) {
      if (this.#pulledPx >= CLICK_PX) this.pan(at.x - before.x, at.y - before.y);
      return;
    }
    // Two fingers: what is between them stays there.
    const [was, is] = [before, at].map((end) => Math.hypot(end.x - other.x, end.y - other.y)) as [number, number];
    if (was > 0) this.#zoomAt(is / was, { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 });
  }

  #up(event: PointerEvent): void {
    const wasDown = this.#pointers.delete(event.pointerId);
    if (wasDown && this.#pulledPx < CLICK_PX) this.#events.onChoose(this.#nodeAt(placeOf(event)));
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    this.#zoomAt(WHEEL_FACTOR ** -event.deltaY, placeOf(event));
  }

  #nodeAt(at: Point): FieldNode | null {
    return this.#field === null || this.#camera === null ? null : this.#field.at(toField(this.#camera, at));
  }
}

function placeOf(event: MouseEvent): Point {
  return { x: event.offsetX, y: event.offsetY };
}
