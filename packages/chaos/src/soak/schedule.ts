/**
 * What a soak will do and when, from its seed alone. It speaks of places, not of nodes: a place is a mesh, a type and a number, and over
 * time several nodes may stand in it. Of each type every other place is mortal: there processes are ended and respawned. The others, like
 * console and launcher, keep their processes from the first minute to the last and carry the slopes.
 */
import { seededRandom } from "./random.js";

export interface Place {
  readonly index: number;
  readonly mesh: string;
  readonly type: string;
  /** Faults may end the process that stands here. */
  readonly mortal: boolean;
}

export interface SoakPlan {
  readonly seed: number;
  readonly durationMs: number;
  /** Between two faults. */
  readonly intervalMs: number;
  /** Between two respawns with a new identity; null for none. */
  readonly churnMs: number | null;
  readonly faults: readonly PlannedFault[];
}

export interface PlannedFault {
  readonly name: string;
  /** It ends the process that it strikes: mortal places only. */
  readonly endsProcess: boolean;
}

export type SoakEvent = {
  readonly atMs: number;
  readonly place: number;
  /** For whatever the event still has to choose. */
  readonly seed: number;
} & ({ readonly kind: "fault"; readonly fault: string } | { readonly kind: "churn"; readonly how: "kill" | "leave" });

/** Places as `mesh up` fills them: type by type, in turn over the meshes. Half are mortal: of each type, and in each mesh. */
export function makePlaces(meshes: readonly string[], types: ReadonlyMap<string, number>): Place[] {
  const places: Place[] = [];
  for (const [type, count] of types) {
    for (let number = 0; number < count; number++)
      for (const mesh of meshes) {
        const index = places.length;
        places.push({ index, mesh, type, mortal: index % 4 === 1 || index % 4 === 2 });
      }
  }
  return places;
}

export function makeSchedule(plan: SoakPlan, places: readonly Place[]): SoakEvent[] {
  const faultRandom = seededRandom(plan.seed, "faults");
  const churnRandom = seededRandom(plan.seed, "churn");
  const mortal = places.filter((place) => place.mortal);
  const draw = <T>(random: () => number, from: readonly T[]) => from[Math.floor(random() * from.length)] as T;
  const drawSeed = (random: () => number) => Math.floor(random() * 2 ** 32);
  const events: SoakEvent[] = [];
  for (let atMs = plan.intervalMs; plan.faults.length > 0 && atMs < plan.durationMs; atMs += plan.intervalMs) {
    const fault = draw(faultRandom, plan.faults);
    const place = draw(faultRandom, fault.endsProcess ? mortal : places).index;
    events.push({ kind: "fault", atMs, fault: fault.name, place, seed: drawSeed(faultRandom) });
  }
  if (plan.churnMs === null) return events;
  // Half an interval off the faults, so that both do not always come together.
  for (let atMs = plan.churnMs / 2; atMs < plan.durationMs; atMs += plan.churnMs) {
    const how = churnRandom() < 0.5 ? "kill" : "leave";
    events.push({ kind: "churn", atMs, how, place: draw(churnRandom, mortal).index, seed: drawSeed(churnRandom) });
  }
  return events.sort((a, b) => a.atMs - b.atMs);
}
