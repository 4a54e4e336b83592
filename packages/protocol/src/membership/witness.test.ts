import { expect, test } from "vitest";
import { Directory } from "./directory.js";
import { LocalHealth } from "./local-health.js";
import { DEAD_AFTER_MS } from "./suspicion.js";
import { testHash, testId, testSigned } from "./testing/records.js";
import { ASK_BURST, MAX_TRIES, WitnessDesk } from "./witness.js";

const [SELF, TARGET, ASKER, STRANGER] = [0, 1, 2, 99].map(testId) as [string, string, string, string];
const asked = { mesh: "mesh1", accused: TARGET, generation: 1, sequence: 5 };
const DECLINED = { kind: "reply", reply: { outcome: "declined" } };

function make() {
  const members = new Directory({ mesh: "mesh1", self: SELF, hash: testHash });
  members.setOwn(testSigned({ id: SELF }), 0);
  for (let number = 1; number <= 40; number++) members.apply(testSigned({ id: testId(number), sequence: 5 }), {}, 0);
  const health = new LocalHealth();
  return { members, health, desk: new WitnessDesk(members, health) };
}

test("who was heard just now is vouched for, who was not is tried", () => {
  const { desk } = make();
  expect(desk.accept(ASKER, asked, 1_000, 1_500, 0)).toEqual({
    kind: "reply",
    reply: { outcome: "reached", heardAgoMs: 1_500 },
  });
  expect(desk.accept(ASKER, asked, 1_000, 1_501, 0)).toEqual({ kind: "try", budgetMs: 1_000, vouchers: [] });
  expect(desk.settle(asked, 12, 500)).toMatchObject({ reply: { outcome: "reached", heardAgoMs: 12 } });
  expect(desk.accept(ASKER, asked, 99_000, undefined, 0)).toEqual({ kind: "try", budgetMs: 5_000, vouchers: [] });
  expect(desk.settle(asked, undefined, 5_000)).toEqual({ kind: "sign", accusation: asked });
  expect(desk.accept(ASKER, { ...asked, accused: SELF }, 1_000, undefined, 0)).toMatchObject({
    reply: { outcome: "reached", heardAgoMs: 0 },
  });
});

test("it signs for its own version where that is newer, and for none beyond belief", () => {
  const { desk, members } = make();
  expect(desk.settle({ ...asked, sequence: 9 }, undefined, 0)).toMatchObject({ accusation: { sequence: 9 } });
  expect(desk.settle({ ...asked, sequence: 9_999 }, undefined, 0)).toEqual(DECLINED);
  expect(desk.settle({ ...asked, generation: 2 }, undefined, 0)).toEqual(DECLINED);
  members.apply(testSigned({ id: TARGET, generation: 2, sequence: 1 }), {}, 0);
  expect(desk.settle(asked, undefined, 0)).toMatchObject({ accusation: { generation: 2, sequence: 1 } });
});

test("nothing is done for strangers, about strangers, for other meshes, or by a node that was late", () => {
  const { desk, health } = make();
  expect(desk.accept(STRANGER, asked, 1_000, 0, 0)).toEqual(DECLINED);
  expect(desk.accept(ASKER, { ...asked, accused: STRANGER }, 1_000, undefined, 0)).toEqual(DECLINED);
  expect(desk.accept(ASKER, { ...asked, mesh: "mesh2" }, 1_000, 0, 0)).toEqual(DECLINED);
  expect(desk.size).toBe(0);
  health.late(0, DEAD_AFTER_MS);
  expect(desk.settle(asked, undefined, 1_000)).toEqual(DECLINED);
  expect(desk.settle(asked, 3, 1_000)).toMatchObject({ reply: { outcome: "reached" } });
});

test("an asker has so many asks, and there are so many tries at a time", () => {
  const { desk } = make();
  const accepted = (asker: string, nowMs: number) => {
    let count = 0;
    while (desk.accept(asker, asked, 1_000, undefined, nowMs).kind === "try" && count < 1_000) count++;
    return count;
  };
  expect(accepted(ASKER, 0)).toBe(ASK_BURST);
  expect(accepted(ASKER, 500)).toBe(8);
  expect(accepted(testId(3), 500)).toBe(MAX_TRIES - ASK_BURST - 8);
  expect(desk.size).toBe(MAX_TRIES);
  desk.settle(asked, undefined, 600);
  expect(accepted(testId(4), 600)).toBe(1);
});
