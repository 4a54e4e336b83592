/** What was done when: a lane for each kind of fault and for churn, over total CPU and memory. */
import type { SoakState } from "../state.js";
import { type Frame, linePath, type Scale, scale, svg, xAxis, yAxis } from "./axes.js";
import { at, cores, escapeHtml, megabytes } from "./markup.js";

const WIDTH = 1_080;
const LANE = 22;
const sides = { width: WIDTH, left: 76, right: 28 };
const minute = (value: number) => `${value} min`;

function timeScale(state: SoakState, frame: Frame): Scale {
  return scale(0, state.plan.durationMs / 60_000, frame.left, frame.width - frame.right);
}

export function lanesPlot(state: SoakState): string {
  const lanes = [...state.plan.faults.map(({ name }) => name), ...(state.plan.churnMs === null ? [] : ["churn"])];
  const frame: Frame = { ...sides, height: lanes.length * LANE + 30, top: 4, bottom: 24 };
  const x = timeScale(state, frame);
  const marks = [
    ...state.faults.map(({ atMs, fault, target, passed, skipped, detail }) => ({
      ...{ atMs, lane: lanes.indexOf(fault), outcome: skipped ? "skipped" : passed ? "passed" : "failed" },
      text: `${fault} of ${target}: ${detail}`,
    })),
    ...state.respawns.map(({ atMs, how, target, successor, detail, waitsMs }) => ({
      ...{ atMs, lane: lanes.indexOf("churn") },
      outcome: detail === "" && !waitsMs.includes(null) ? "passed" : "failed",
      text: `${target} ${how === "kill" ? "killed" : "told to leave"}, ${successor} in its place`,
    })),
  ];
  const rows = lanes.map((name, index) => {
    const y = frame.top + index * LANE + LANE / 2;
    return `<line class="grid" x1="${frame.left}" x2="${WIDTH - frame.right}" y1="${y}" y2="${y}"/><text class="tick" x="${frame.left - 8}" y="${y}" dy="0.32em" text-anchor="end">${escapeHtml(name)}</text>`;
  });
  const dots = marks.map(({ atMs, lane, outcome, text }) => {
    const y = frame.top + lane * LANE + LANE / 2;
    const minutes = (atMs / 60_000).toFixed(1);
    const place = x.place(atMs / 60_000);
    const title = `<title>${minutes} min: ${escapeHtml(text)}</title>`;
    // What failed differs by its shape too.
    return outcome === "failed"
      ? `<path class="mark failed" d="M${at(place)} ${y - 7}l7 7l-7 7l-7 -7z">${title}</path>`
      : `<circle class="mark ${outcome}" cx="${at(place)}" cy="${y}" r="4">${title}</circle>`;
  });
  return svg(frame, "faults and respawns over time", rows.join("") + xAxis(frame, x, minute) + dots.join(""));
}

export function totalPlot(
  state: SoakState,
  values: readonly (number | null)[],
  what: { readonly title: string; readonly label: (value: number) => string },
): string {
  const frame: Frame = { ...sides, width: 530, height: 170, left: 62, top: 10, bottom: 24 };
  const known = values.filter((value): value is number => value !== null);
  const x = timeScale(state, frame);
  const y = scale(0, Math.max(...known, 1e-9) * 1.15, frame.height - frame.bottom, frame.top);
  const dots = values.map((value, index) =>
    value === null
      ? ""
      : `<circle class="dot" cx="${at(x.place(index))}" cy="${at(y.place(value))}" r="2.5"><title>minute ${index}: ${what.label(value)}</title></circle>`,
  );
  const axes = yAxis(frame, y, what.label) + xAxis(frame, x, minute, 5);
  const line = `<path class="line" d="${linePath(values, x, y)}"/>`;
  return svg(frame, what.title, axes + line + (values.length <= 130 ? dots.join("") : ""));
}

export const cpuLabel = (value: number) => `${cores(value, 2)}`;
export const memoryLabel = (value: number) => megabytes(value);
