/** Swarm seeds that once failed, each named by what it found. A change of the rules makes another run of them; the fault kinds stay. */
import { expect, test } from "vitest";
import { runSwarm } from "./swarm.js";

test.each<[number, string]>([
  [9, "a restarted node was tried over connections to its former process, and buried"],
  [20, "a refutation that its flood had missed crept through an island by one random sync after the other"],
  [30, "an obituary that came by sync was ignored since its signers had gone"],
  [47, "a link to one who had left was held until QUIC gave it up; a goodbye was only announced, to lazy neighbours"],
  [107, "a witness signed for somebody whose neighbour had just heard it"],
  [580, "two parts met for an instant, knew each other again, and had no link"],
  ...[41, 64, 119, 174].map((seed): [number, string] => [
    seed,
    "ignored obituaries, rare syncs, and witnesses that saw half of the paths",
  ]),
])("seed %i: %s", { timeout: 120_000 }, (seed) => {
  const { violations, unrecovered } = runSwarm({ seed });
  expect([violations, unrecovered]).toEqual([[], []]);
});
