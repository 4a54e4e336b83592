import fc from "fast-check";
import { expect, test } from "vitest";
import { obituarySignatureInput } from "../wire/obituary.js";
import type { IndirectReply } from "../wire/probe.js";
import { Directory } from "./directory.js";
import { Inquiries } from "./inquiries.js";
import { LocalHealth } from "./local-health.js";
import type { MembershipOutput } from "./membership-events.js";
import { DEAD_AFTER_MS } from "./suspicion.js";
import { testHash, testId, testSigned } from "./testing/records.js";
import { testSigner, testVerify, testWitness } from "./testing/signatures.js";
import { MAX_TRIES, WitnessDesk } from "./witness.js";

const [SELF, TARGET, HELPER, ASKER, STRANGER] = [0, 1, 2, 3, 99].map(testId) as [
  string,
  string,
  string,
  string,
  string,
];
const accusation = { mesh: "mesh1", accused: TARGET, generation: 1, sequence: 5 };
const NOTHING = { to: "nobody", forged: false };
const FORGERY = { to: "nobody", forged: true };

const VOUCHERS = [4, 5, 6].map(testId);

function make({ neighbors = [] }: { readonly neighbors?: readonly string[] } = {}) {
  const members = new Directory({ mesh: "mesh1", self: SELF, hash: testHash });
  members.setOwn(testSigned({ id: SELF }), 0);
  for (let number = 2; number <= 40; number++) members.apply(testSigned({ id: testId(number), sequence: 5 }), {}, 0);
  members.apply(testSigned({ id: TARGET, sequence: 5, neighbors: [...neighbors] }), {}, 0);
  const health = new LocalHealth();
  const desk = new WitnessDesk(members, health);
  return { health, inquiries: new Inquiries({ desk, sign: testSigner(SELF), verify: testVerify }) };
}

function numberOf(output: MembershipOutput): number {
  if (output.kind === "ask") return output.ask;
  if (output.kind === "try") return output.attempt;
  throw new Error(`no number in ${output.kind}`);
}

/** What is done about the question itself, before others are asked. */
function answerTo([first]: readonly MembershipOutput[]): MembershipOutput {
  if (first === undefined) throw new Error("no answer");
  return first;
}

const unreached = (by: string, named = accusation): IndirectReply => {
  const { generation, sequence } = named;
  return { outcome: "unreached", generation, sequence, signature: testWitness(named, by).signature };
};
const asked = (ask: number, from = ASKER) => ({ kind: "asked", ask, from, accusation, budgetMs: 1_000 }) as const;

test.each(["detector", "audit"] as const)("an answer goes to who asked, the %s, and once", (by) => {
  const { inquiries } = make();
  const question = inquiries.ask(by, HELPER, accusation, 1_000);
  expect(question).toEqual({ kind: "ask", ask: expect.any(Number), helper: HELPER, accusation, budgetMs: 1_000 });
  const reply = { outcome: "reached", heardAgoMs: 3 } as const;
  const event =
    by === "detector"
      ? { kind: "indirect-result", target: TARGET, helper: HELPER, reply }
      : { kind: "answer", target: TARGET, helper: HELPER, reply };
  expect(inquiries.answered(numberOf(question), reply, 0)).toEqual({ to: by, event });
  expect(inquiries.answered(numberOf(question), reply, 0)).toEqual(NOTHING);
});

test("an unreached is believed with the helper's own signature for the version it names, which may be a newer one", () => {
  const { inquiries } = make();
  for (const named of [accusation, { ...accusation, sequence: 9 }, { ...accusation, generation: 2, sequence: 1 }]) {
    const number = numberOf(inquiries.ask("detector", HELPER, accusation, 1_000));
    const reply = unreached(HELPER, named);
    expect(inquiries.answered(number, reply, 0)).toMatchObject({ to: "detector", event: { reply } });
  }
});

test.each<[string, IndirectReply]>([
  ["a signature of noise", { ...unreached(HELPER), signature: new Uint8Array(64) } as IndirectReply],
  ["another's signature", unreached(STRANGER)],
  ["a signature for another version", { ...unreached(HELPER), sequence: 6 } as IndirectReply],
  ["a signature for another generation", { ...unreached(HELPER), generation: 2 } as IndirectReply],
  ["a signature about somebody else", unreached(HELPER, { ...accusation, accused: STRANGER })],
  ["a signature for another mesh", unreached(HELPER, { ...accusation, mesh: "mesh2" })],
  [
    "a signature as issuer",
    {
      ...unreached(HELPER),
      signature: testSigner(HELPER)(obituarySignatureInput(accusation, "issuer")),
    } as IndirectReply,
  ],
])("a forged witness is refused, and the question is over: %s", (_, reply) => {
  for (const by of ["detector", "audit"] as const) {
    const { inquiries } = make();
    const number = numberOf(inquiries.ask(by, HELPER, accusation, 1_000));
    expect(inquiries.answered(number, reply, 0)).toEqual(FORGERY);
    expect(inquiries.answered(number, unreached(HELPER), 0)).toEqual(NOTHING);
    expect(inquiries.sizes().asksPending).toBe(0);
  }
});

test("an answer that never came, and numbers that are not known, are news to nobody", () => {
  const { inquiries } = make();
  const number = numberOf(inquiries.ask("audit", HELPER, accusation, 1_000));
  expect(inquiries.answered(number, undefined, 0)).toEqual(NOTHING);
  expect(inquiries.sizes().asksPending).toBe(0);
  for (const unknown of [number, -1, 0, 77, Number.NaN]) {
    expect(inquiries.answered(unknown, unreached(HELPER), 0)).toEqual(NOTHING);
    expect(inquiries.tried(unknown, 0, 0)).toEqual(NOTHING);
  }
});

test("questions and tries have numbers of their own: the end of one is not the end of the other", () => {
  const { inquiries } = make();
  const question = numberOf(inquiries.ask("detector", HELPER, accusation, 1_000));
  const attempt = numberOf(inquiries.try(TARGET, 4_200));
  expect(inquiries.tried(attempt, 12, 0)).toEqual({
    to: "audit",
    event: { kind: "dialed", target: TARGET, reached: true },
  });
  expect(inquiries.answered(question, { outcome: "declined" }, 0).to).toBe("detector");
});

test("who is asked tries, and answers once: with a sign of life, or with a signature that others can verify", () => {
  const { inquiries } = make();
  const reached = { outcome: "reached", heardAgoMs: 900 };
  expect(inquiries.asked(asked(7), 900, 0)).toEqual([{ kind: "reply", ask: 7, reply: reached }]);
  const first = answerTo(inquiries.asked(asked(8), undefined, 0));
  expect(first).toEqual({ kind: "try", attempt: expect.any(Number), peer: TARGET, budgetMs: 1_000 });
  expect(inquiries.sizes()).toEqual({ asksPending: 0, triesPending: 1, witnessTries: 1 });
  expect(inquiries.tried(numberOf(first), 40, 500)).toEqual({
    to: "peer",
    output: { kind: "reply", ask: 8, reply: { outcome: "reached", heardAgoMs: 40 } },
  });
  expect(inquiries.tried(numberOf(first), undefined, 500)).toEqual(NOTHING);
  const second = numberOf(answerTo(inquiries.asked(asked(9), undefined, 0)));
  const end = inquiries.tried(second, undefined, 1_000);
  expect(end).toMatchObject({ to: "peer", output: { ask: 9, reply: { outcome: "unreached", sequence: 5 } } });
  // The asker believes it.
  const { inquiries: elsewhere } = make();
  const reply = end.to === "peer" && end.output.kind === "reply" ? end.output.reply : undefined;
  const number = numberOf(elsewhere.ask("detector", SELF, accusation, 1_000));
  expect(elsewhere.answered(number, reply, 0)).toMatchObject({ to: "detector" });
  expect(inquiries.sizes()).toEqual({ asksPending: 0, triesPending: 0, witnessTries: 0 });
});

test("strangers, and who asks about strangers, are declined at once; so is everybody while the own clock is in doubt", () => {
  const { inquiries, health } = make();
  const declined = (ask: number) => ({ kind: "reply", ask, reply: { outcome: "declined" } });
  expect(inquiries.asked(asked(1, STRANGER), undefined, 0)).toEqual([declined(1)]);
  const about = { ...accusation, accused: STRANGER };
  expect(inquiries.asked({ ...asked(2), accusation: about }, undefined, 0)).toEqual([declined(2)]);
  const attempt = numberOf(answerTo(inquiries.asked(asked(3), undefined, 0)));
  health.late(500, DEAD_AFTER_MS);
  expect(inquiries.tried(attempt, undefined, 1_000)).toEqual({ to: "peer", output: declined(3) });
});

test("who tries asks two of the target's neighbours once a second, and signs nothing while one of them has heard it", () => {
  const { inquiries } = make({ neighbors: [ASKER, ...VOUCHERS] });
  const [attempt, ...questions] = inquiries.asked(asked(1), undefined, 0);
  expect(questions).toMatchObject(VOUCHERS.slice(0, 2).map((helper) => ({ kind: "ask", helper, budgetMs: 0 })));
  expect(inquiries.asked(asked(2), undefined, 999)).toHaveLength(1);
  const later = inquiries.asked(asked(3), undefined, 1_000).slice(1);
  expect(later).toMatchObject(VOUCHERS.slice(1).map((helper) => ({ kind: "ask", helper, budgetMs: 0 })));
  const heard: IndirectReply = { outcome: "reached", heardAgoMs: 400 };
  expect(inquiries.answered(numberOf(questions[0]!), heard, 500)).toEqual(NOTHING);
  const declined = { to: "peer", output: { kind: "reply", ask: 1, reply: { outcome: "declined" } } };
  expect(inquiries.tried(numberOf(attempt!), undefined, 1_000)).toEqual(declined);
  const again = answerTo(inquiries.asked(asked(4), undefined, 5_000));
  expect(inquiries.tried(numberOf(again), undefined, 6_000)).toMatchObject({
    output: { reply: { outcome: "unreached" } },
  });
});

test("a question without a budget is answered with what was heard, and tried for nobody", () => {
  const { inquiries } = make();
  const bare = (ask: number) => ({ ...asked(ask), budgetMs: 0 });
  expect(inquiries.asked(bare(1), 1_000, 0)).toMatchObject([{ reply: { outcome: "reached", heardAgoMs: 1_000 } }]);
  expect(inquiries.asked(bare(2), undefined, 0)).toMatchObject([{ reply: { outcome: "declined" } }]);
  expect(inquiries.sizes().witnessTries).toBe(0);
});

test("however much is asked and never answered, 256 questions and tries are kept, and 64 tries for others", () => {
  const { inquiries } = make();
  const numbers = Array.from({ length: 1_000 }, () => {
    return numberOf(inquiries.ask("detector", HELPER, accusation, 1_000));
  });
  expect(inquiries.sizes().asksPending).toBe(256);
  expect(inquiries.answered(numbers[743]!, { outcome: "declined" }, 0)).toEqual(NOTHING);
  expect(inquiries.answered(numbers[744]!, { outcome: "declined" }, 0)).toMatchObject({ to: "detector" });
  let tries = 0;
  for (let number = 0; number < 1_000; number++) {
    const from = testId(3 + (number % 37));
    if (answerTo(inquiries.asked(asked(number, from), undefined, 0)).kind === "try") tries++;
  }
  expect(tries).toBe(MAX_TRIES);
  expect(inquiries.sizes()).toMatchObject({ triesPending: MAX_TRIES, witnessTries: MAX_TRIES });
  for (let number = 0; number < 1_000; number++) inquiries.try(TARGET, 4_200);
  expect(inquiries.sizes().triesPending).toBe(256);
});

test("whatever ends in whatever order, each question and try has one end at most, and nothing is left over", () => {
  const step = fc.oneof(
    fc.constantFrom("ask" as const, "try" as const, "asked" as const),
    fc.tuple(fc.constantFrom("answered" as const, "tried" as const), fc.nat(30), fc.boolean()),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { inquiries } = make();
      const open = { ask: new Set<number>(), try: new Set<number>() };
      for (const what of steps) {
        if (what === "ask") open.ask.add(numberOf(inquiries.ask("audit", HELPER, accusation, 1_000)));
        else if (what === "try") open.try.add(numberOf(inquiries.try(TARGET, 4_200)));
        else if (what === "asked") {
          const output = answerTo(inquiries.asked(asked(1), undefined, 0));
          if (output.kind === "try") open.try.add(output.attempt);
        } else if (what[0] === "answered") {
          const end = inquiries.answered(what[1], what[2] ? unreached(HELPER) : { outcome: "declined" }, 0);
          expect(end.to !== "nobody").toBe(open.ask.delete(what[1]));
        } else {
          const end = inquiries.tried(what[1], what[2] ? 5 : undefined, 0);
          expect(end.to !== "nobody").toBe(open.try.delete(what[1]));
        }
        expect(inquiries.sizes()).toMatchObject({ asksPending: open.ask.size, triesPending: open.try.size });
      }
      for (const attempt of open.try) inquiries.tried(attempt, undefined, 0);
      expect(inquiries.sizes()).toMatchObject({ triesPending: 0, witnessTries: 0 });
    }),
  );
});
