/** A test of a mesh as a user runs it: what it checks, how long that takes, and the work, which throws where a check does not hold. */
import type { SoakCluster } from "../soak/cluster.js";

export interface MeshTest {
  readonly name: string;
  readonly checks: string;
  /** On two cores that do nothing else. */
  readonly expectedMs: number;
  /** Resolves with what was measured, in a line. Throws `CheckFailed` where something does not hold. */
  readonly run: (stage: TestStage) => Promise<string>;
}

export interface TestStage {
  /** What is drawn is drawn from it. */
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
  /** The cluster of a soak: processes of their own, ended by its `close`. */
  readonly launch: (signal: AbortSignal) => Promise<SoakCluster>;
}

/** What did not hold, each in a line. */
export class CheckFailed extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("; "));
    this.name = "CheckFailed";
    this.problems = problems;
  }
}

const MAX_PROBLEMS = 10;

/** Throws where there are problems. */
export function expectNone(problems: readonly string[]): void {
  if (problems.length > 0) throw new CheckFailed(problems.slice(0, MAX_PROBLEMS));
}
