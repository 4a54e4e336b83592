/** What part of the field the frame shows: a scale and an offset, with the moves that change them. Pure. */
import type { Point } from "./lanes.js";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A point of the field at `x`, `y` is on the screen at `x * scale + dx`, `y * scale + dy`. */
export interface Camera {
  readonly scale: number;
  readonly dx: number;
  readonly dy: number;
}

const MAX_SCALE = 6;
/** So much of the field stays in the frame, however far it is pulled. */
const KEPT_PX = 80;

/** The whole field, not enlarged. */
export function fitted(field: Size, frame: Size): Camera {
  const scale = leastScale(field, frame);
  return { scale, dx: Math.max(0, (frame.width - field.width * scale) / 2), dy: 0 };
}

export function leastScale(field: Size, frame: Size): number {
  return Math.min(1, frame.width / Math.max(1, field.width), frame.height / Math.max(1, field.height));
}

export function panned(camera: Camera, byX: number, byY: number, field: Size, frame: Size): Camera {
  return within({ ...camera, dx: camera.dx + byX, dy: camera.dy + byY }, field, frame);
}

/** What is under `at` stays under it. */
export function zoomed(camera: Camera, factor: number, at: Point, field: Size, frame: Size): Camera {
  const scale = Math.min(MAX_SCALE, Math.max(leastScale(field, frame), camera.scale * factor));
  const real = scale / camera.scale;
  return within({ scale, dx: at.x - (at.x - camera.dx) * real, dy: at.y - (at.y - camera.dy) * real }, field, frame);
}

/** Moves no further than it must for the point to be well inside. */
export function showing(camera: Camera, point: Point, field: Size, frame: Size): Camera {
  const margin = Math.min(60, frame.width / 4, frame.height / 4);
  const [x, y] = [point.x * camera.scale + camera.dx, point.y * camera.scale + camera.dy];
  const into = (at: number, size: number) => (at < margin ? margin - at : at > size - margin ? size - margin - at : 0);
  return panned(camera, into(x, frame.width), into(y, frame.height), field, frame);
}

export function toField({ scale, dx, dy }: Camera, at: Point): Point {
  return { x: (at.x - dx) / scale, y: (at.y - dy) / scale };
}

function within(camera: Camera, field: Size, frame: Size): Camera {
  const keep = (offset: number, size: number, room: number) =>
    Math.min(room - KEPT_PX, Math.max(KEPT_PX - size * camera.scale, offset));
  return {
    scale: camera.scale,
    dx: keep(camera.dx, field.width, frame.width),
    dy: keep(camera.dy, field.height, frame.height),
  };
}
