/** A fault's twin: how it is done in the simulator, what every other node must come to know of it and by when, how it is undone. */
import type { ChaosStage } from "./chaos-stage.js";

export interface ChaosTwin {
  /** As `mesh chaos list` has it. */
  readonly name: string;
  /** What every witness must come to know. */
  readonly expects: string;
  /** By when, after the injection. */
  readonly withinMs: number;
  readonly prepare: (stage: ChaosStage) => TwinRun;
}

export interface TwinRun {
  readonly targets: readonly number[];
  readonly witnesses: readonly number[];
  /** Where the bound depends on who was hit. */
  readonly withinMs?: number;
  /** At least so long it lasts; 5 s by default. */
  readonly lastsMs?: number;
  /** May let time pass: waiting counts from its end. */
  readonly inject: () => void;
  /** Whether the witness knows by now: by its own directory, and answers to its own requests. Asked over and over. */
  readonly knows: (witness: number) => boolean;
  readonly revert: () => void;
  /** Whether the observer may take the accused for gone: it is dead, or beyond its reach. */
  readonly excuses: (observer: number, accused: number) => boolean;
}

export const excusesNobody = () => false;

/** What each must know who lists a target: that all of them are gone from its directory. */
export function goneFrom(stage: ChaosStage, targets: readonly number[]): TwinRun["knows"] {
  return (witness) => targets.every((target) => stage.listed(witness, target) === undefined);
}
