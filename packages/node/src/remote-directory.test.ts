/** What a node tells of its directory: states, ages and accusers, within the bounds of a reply; and what it makes of any answer. */
import { MAX_BODY_BYTES } from "@meshwork/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeRemoteDirectory, encodeRemoteDirectory } from "./remote-directory.js";
import { declareDead, directoryOf, idOf, signedRecord } from "./testing/directory.js";

const UNREADABLE = expect.objectContaining({ code: "MESH_E_PROTOCOL" });

test("live and suspected members, then the departed, each with its age in that state", () => {
  const machine = directoryOf("mesh1", [1, 2, 3, 4], 1_000);
  machine.suspect(idOf(1), 4_000);
  machine.apply(signedRecord(2, { sequence: 2, status: "leaving" }), {}, 4_500);
  declareDead(machine, 4, [3, 1], 5_000);
  const lines = decodeRemoteDirectory(encodeRemoteDirectory(machine.entries(), 6_000, machine.departed()));
  const told = (number: number) => lines.find(({ id }) => id === idOf(number));
  expect(told(1)).toMatchObject({ state: "suspected", stateAgeMs: 2_000, ageMs: 5_000 });
  expect(told(3)).toMatchObject({ state: "alive", stateAgeMs: 5_000, name: "mesh1.broker.000003" });
  expect(told(2)).toMatchObject({ state: "left", stateAgeMs: 1_500 });
  expect(told(2)).not.toHaveProperty("by");
  expect(told(4)).toMatchObject({
    ...{ state: "dead", stateAgeMs: 1_000 },
    by: [
      { id: idOf(3), name: "mesh1.broker.000003" },
      { id: idOf(1), name: "mesh1.broker.000001" },
    ],
  });
  expect(lines.map(({ state }) => state).slice(-2)).toEqual(["dead", "left"]);
});

test("an accuser that is not known any more is told by its id", () => {
  const machine = directoryOf("mesh1", [1, 2, 3]);
  declareDead(machine, 1, [2, 3], 1_000);
  const others = machine.entries().filter(({ id }) => id !== idOf(2));
  const lines = decodeRemoteDirectory(encodeRemoteDirectory(others, 1_000, machine.departed()));
  expect(lines.at(-1)?.by).toEqual([{ id: idOf(2) }, { id: idOf(3), name: "mesh1.broker.000003" }]);
});

test("the departed give way to the bound of a reply; the live do not", () => {
  const machine = directoryOf("mesh1", [1, 2, 3]);
  const [member] = machine.entries().filter(({ id }) => id === idOf(1));
  const many = (count: number) => Array.from({ length: count }, () => member!);
  const left = Array.from({ length: 256 }, () => ({ entry: member!, state: "left" as const, sinceMs: 0, by: [] }));
  const room = encodeRemoteDirectory(many(1), 0).length;
  // Nearly full with live members alone.
  const entries = many(Math.floor((MAX_BODY_BYTES - 10_000) / room));
  const text = encodeRemoteDirectory(entries, 0, left);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_BODY_BYTES);
  const told = decodeRemoteDirectory(text).length - entries.length;
  expect(told).toBeGreaterThan(10);
  expect(told).toBeLessThan(256);
  // Whoever is live is told, even where the reply then fails as too large: a list that lacks some would be taken for the whole.
  expect(decodeRemoteDirectory(encodeRemoteDirectory(many(10_000), 0)).length).toBe(10_000);
});

test("what a node of an earlier version tells is understood", () => {
  const earlier = { ...{ id: idOf(1), name: "n", mesh: "m", type: "t", addresses: [] }, ageMs: 5, state: "alive" };
  expect(decodeRemoteDirectory(JSON.stringify([earlier]))).toEqual([earlier]);
  // And of a later one: a state that is not known yet, fields that are not.
  const later = { ...earlier, state: "resting", mood: "good", __proto__: { polluted: true } };
  expect(decodeRemoteDirectory(JSON.stringify([later]))).toEqual([{ ...earlier, state: "resting" }]);
});

test("any answer is read or refused with its code, and nothing else comes out of it", () => {
  const line = { ...{ id: idOf(1), name: "n", mesh: "m", type: "t", addresses: ["a:1"] }, ageMs: 5, state: "dead" };
  const whole = { ...line, stateAgeMs: 1, by: [{ id: idOf(2), name: "x" }] };
  const broken = fc.tuple(fc.constantFrom(...Object.keys(whole)), fc.jsonValue());
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    broken.map(([key, value]) => JSON.stringify([whole, { ...whole, [key]: value }])),
    fc.jsonValue().map((value) => JSON.stringify([{ ...whole, by: [value] }])),
  );
  fc.assert(
    fc.property(texts, (body) => {
      let lines: readonly object[];
      try {
        lines = decodeRemoteDirectory(body);
      } catch (error) {
        expect(error).toEqual(UNREADABLE);
        return;
      }
      for (const each of lines) {
        expect(Object.keys(whole)).toEqual(expect.arrayContaining(Object.keys(each)));
        expect(each).toMatchObject({ ageMs: expect.any(Number), addresses: expect.any(Array) });
      }
    }),
    { seed: 20_260_101, numRuns: 2_000 },
  );
});

test.each([
  ["no list", "{}"],
  ["a list in a list", "[[]]"],
  [
    "an age that is no number",
    JSON.stringify([{ id: idOf(1), name: "", mesh: "", type: "", addresses: [], ageMs: null, state: "" }]),
  ],
  [
    "an id that is none",
    JSON.stringify([{ id: "x", name: "", mesh: "", type: "", addresses: [], ageMs: 1, state: "" }]),
  ],
])("%s is refused", (_, body) => {
  expect(() => decodeRemoteDirectory(body)).toThrow(UNREADABLE);
});
