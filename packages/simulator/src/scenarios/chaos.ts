/** One mesh from a seed, and faults done to it one after the other, each judged (chaos-judge.ts). */
import { judgeTwin, type TwinVerdict } from "./chaos-judge.js";
import { ChaosStage } from "./chaos-stage.js";
import { CHAOS_TWINS } from "./chaos-twins.js";

const WHOLE_MS = 20_000;

export interface ChaosOptions {
  readonly seed: number;
  readonly nodes: number;
  /** Names; all that have a twin where absent. */
  readonly faults?: readonly string[];
  /** Detection off: every fault must then fail. */
  readonly blind?: boolean;
}

export interface ChaosResult {
  readonly verdicts: readonly TwinVerdict[];
  readonly virtualMs: number;
  readonly events: number;
  readonly trace: string;
}

export function runChaosTwins({ seed, nodes, faults, blind }: ChaosOptions): ChaosResult {
  const twins = CHAOS_TWINS.filter(({ name }) => faults?.includes(name) !== false);
  const fresh = () => new ChaosStage({ seed, nodes });
  let stage = fresh();
  let [virtualMs, events] = [0, 0];
  const verdicts = twins.map((twin, index) => {
    // Who has been blind is of no use afterwards; and what a fault has left broken is no fault of the next one.
    if (index > 0 && (blind === true || stage.untilWhole(WHOLE_MS) !== undefined)) {
      virtualMs += stage.nowMs;
      events += stage.cluster.world.events;
      stage = fresh();
    }
    return judgeTwin(stage, twin, blind);
  });
  const { world } = stage.cluster;
  return { verdicts, virtualMs: virtualMs + world.nowMs, events: events + world.events, trace: world.trace.digest() };
}
