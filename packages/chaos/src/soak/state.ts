/**
 * Everything that a soak has found so far: what is written to `state.json` each minute, what `--continue` goes on from, and what the report
 * is made of. Bounds: events and waits are as many as the schedule has, series a number a minute for each process that carries slopes.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Difference } from "./baseline.js";
import { type MessageTotals, noMessages } from "./messages/ledger.js";
import type { Place, SoakPlan } from "./schedule.js";
import type { FalseDeath } from "./witnesses.js";

const STATE_VERSION = 1;

export interface SoakState {
  readonly version: number;
  /** The command that began it. */
  readonly command: string;
  readonly commit: string | null;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly ramBytes: number;
    readonly system: string;
    readonly node: string;
  };
  readonly plan: SoakPlan;
  readonly plantedLeak: { readonly place: number; readonly bytesPerHour: number } | null;
  readonly places: readonly Place[];
  status: "running" | "stopped" | "finished";
  /** Of the schedule, over all parts. */
  elapsedMs: number;
  /** A part for each time that the cluster was started. */
  readonly parts: { readonly startedAt: string; readonly fromMs: number; convergedMs: number }[];
  /** By process: `node 4`, `console`, `launcher`. */
  readonly series: Record<string, SeriesState>;
  readonly totals: TotalsState;
  readonly faults: FaultRecord[];
  readonly respawns: RespawnRecord[];
  readonly falseDeaths: FalseDeath[];
  readonly disagreements: string[];
  readonly unexpectedEnds: string[];
  messages: MessageTotals;
  lostMessages: readonly string[];
  /** Of the last part; null until all was quiet again. */
  quiet: { readonly settledMs: number; readonly compared: number; readonly differences: readonly Difference[] } | null;
  consumers: Consumer[];
}

export interface SeriesState {
  label: string;
  readonly kind: "node" | "console" | "launcher";
  /** One for each part: the least of each minute, by metric. */
  readonly parts: Record<string, (number | null)[]>[];
}

/** A number a minute of the schedule. */
export interface TotalsState {
  /** Mean over the minute, all processes. */
  readonly cpuCores: (number | null)[];
  readonly pssBytes: (number | null)[];
  readonly rssBytes: (number | null)[];
  readonly nodes: (number | null)[];
  /** Mean over the minute and the nodes, without console and launcher. */
  readonly nodeCpuCores: (number | null)[];
}

export interface FaultRecord {
  readonly atMs: number;
  readonly fault: string;
  readonly place: number;
  readonly target: string;
  readonly passed: boolean;
  readonly skipped: boolean;
  readonly detail: string;
  /** One a survivor; null: not within the time allowed. */
  readonly deathWaitsMs: readonly (number | null)[];
  readonly returnWaitsMs: readonly (number | null)[];
}

export interface RespawnRecord {
  readonly atMs: number;
  readonly how: "kill" | "leave";
  readonly target: string;
  readonly successor: string | null;
  readonly detail: string;
  readonly waitsMs: readonly (number | null)[];
}

export interface Consumer {
  readonly name: string;
  readonly links: number | null;
  readonly cpuCores: number;
  readonly pssBytes: number;
}

/** Before anything has happened. */
export function newSoakState(
  begun: Pick<SoakState, "command" | "commit" | "machine" | "plan" | "plantedLeak" | "places">,
): SoakState {
  return {
    ...begun,
    version: STATE_VERSION,
    status: "running",
    elapsedMs: 0,
    parts: [],
    series: {},
    totals: { cpuCores: [], pssBytes: [], rssBytes: [], nodes: [], nodeCpuCores: [] },
    ...{ faults: [], respawns: [], falseDeaths: [], disagreements: [], unexpectedEnds: [] },
    ...{ messages: noMessages(), lostMessages: [], quiet: null, consumers: [] },
  };
}

const STATE_FILE = "state.json";

export function saveState(directory: string, state: SoakState): void {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, STATE_FILE);
  writeFileSync(`${path}.new`, JSON.stringify(state));
  renameSync(`${path}.new`, path);
}

/** Undefined where there is none, or one of another version. */
export function loadState(directory: string): SoakState | undefined {
  const path = join(directory, STATE_FILE);
  if (!existsSync(path)) return undefined;
  const state = JSON.parse(readFileSync(path, "utf8")) as SoakState;
  return state.version === STATE_VERSION ? state : undefined;
}
