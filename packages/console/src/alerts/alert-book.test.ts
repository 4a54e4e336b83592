/** Life of an alert: raised after a while, kept through doubt, seen, resolved; and never more of them than allowed. */
import { beforeEach, expect, test } from "vitest";
import { AlertView } from "../alert-schemas.js";
import type { EventInput } from "../live/event-log.js";
import { VersionClock } from "../version-clock.js";
import { AlertBook } from "./alert-book.js";
import { ALERT_RULES } from "./catalogue.js";
import type { Judgement, Verdict } from "./rules.js";

const { raiseAfterMs, clearAfterMs } = ALERT_RULES.M001;

let nowMs: number;
let versions: VersionClock;
let told: EventInput[];
let book: AlertBook;
beforeEach(() => {
  nowMs = 0;
  told = [];
  versions = new VersionClock();
  book = new AlertBook(versions, { nowMs: () => nowMs, wallMs: () => nowMs }, (event) => told.push(event));
});

const verdictOf = (judgement: Judgement, subject = "a1", value: number | null = 3): Verdict => ({
  ...{ code: "M001", subject, node: `m.t.${subject}`, mesh: "m", judgement, limit: 2 },
  ...{ value: judgement === "unknown" ? null : value, figureAgeMs: judgement === "unknown" ? null : 300 },
  cause: "3 of 2",
});

/** One verdict each 2 s. */
function judged(judgement: Judgement, forMs: number): void {
  for (const endMs = nowMs + forMs; nowMs < endMs; nowMs += 2_000) book.apply([verdictOf(judgement)]);
  book.apply([verdictOf(judgement)]);
}

const states = () => book.views().map(({ state, value, resolution }) => ({ state, value, resolution }));

test("is raised only after it was bad without a break", () => {
  judged("bad", raiseAfterMs - 2_000);
  judged("good", 0);
  judged("bad", raiseAfterMs - 2_000);
  judged("unknown", 0);
  judged("bad", raiseAfterMs - 2_000);
  expect(book.counts()).toMatchObject({ open: 0 });
  expect(book.pending).toBe(1);
  judged("bad", 4_000);
  expect(states()).toEqual([{ state: "open", value: 3, resolution: null }]);
  expect(AlertView.parse(book.views()[0])).toMatchObject({
    code: "M001",
    node: "m.t.a1",
    badForMs: raiseAfterMs + 2_000,
  });
  expect(told).toMatchObject([{ kind: "alert.raised", severity: "warn", node: "m.t.a1" }]);
});

test("is resolved only after it was good without a break; what lies between keeps it open", () => {
  judged("bad", raiseAfterMs);
  judged("between", clearAfterMs * 2);
  judged("good", clearAfterMs - 2_000);
  judged("between", 0);
  judged("good", clearAfterMs - 2_000);
  expect(states()).toMatchObject([{ state: "open" }]);
  judged("good", 4_000);
  expect(states()).toEqual([{ state: "resolved", value: 3, resolution: "cleared" }]);
  expect(book.counts()).toMatchObject({ open: 0, resolved: 1 });
  expect(told.map(({ kind }) => kind)).toEqual(["alert.raised", "alert.resolved"]);
});

test("an unknown figure leaves it open and blank, with the cause of when it was bad", () => {
  judged("bad", raiseAfterMs);
  judged("unknown", 600_000);
  expect(book.views()[0]).toMatchObject({ state: "open", value: null, figureAgeMs: null, cause: "3 of 2" });
  expect(book.counts()).toMatchObject({ open: 1, unknown: 1 });
  expect(book.rules().find(({ code }) => code === "M001")).toMatchObject({ judged: 0, unknown: 1 });
});

test("a subject that is gone resolves it", () => {
  judged("bad", raiseAfterMs);
  book.apply([]);
  expect(states()).toEqual([{ state: "resolved", value: 3, resolution: "gone" }]);
});

test("acknowledged, it stays until it is resolved; again bad, it is another one", () => {
  judged("bad", raiseAfterMs);
  const { id } = book.views()[0]!;
  expect(book.acknowledge(id)).toMatchObject({ state: "acknowledged", acknowledgedAgeMs: 0 });
  nowMs += 1_000;
  expect(book.acknowledge(id)).toMatchObject({ state: "acknowledged", acknowledgedAgeMs: 1_000 });
  expect(book.counts()).toMatchObject({ open: 0, acknowledged: 1 });
  judged("good", clearAfterMs);
  expect(book.acknowledge(id)).toMatchObject({ state: "resolved" });
  judged("bad", raiseAfterMs);
  expect(states().map(({ state }) => state)).toEqual(["open", "resolved"]);
  expect(() => book.acknowledge(999)).toThrowError(expect.objectContaining({ code: "MESH_E_NO_SUCH_ALERT" }));
});

test("a stream gets what changed, and not what is as it was", () => {
  judged("bad", raiseAfterMs);
  const since = versions.value;
  judged("bad", 4_000);
  expect(book.views(since)).toEqual([]);
  book.apply([verdictOf("bad", "a1", 4)]);
  expect(book.views(since)).toMatchObject([{ value: 4 }]);
});

test("a thousand bad nodes are 256 alerts, and the rest is counted", () => {
  const all = Array.from({ length: 1_000 }, (_, at) => verdictOf("bad", `n${at}`));
  book.apply(all);
  nowMs += raiseAfterMs;
  book.apply(all);
  expect(book.counts()).toMatchObject({ open: 256, leftOut: 744 });
  book.apply([]);
  expect(book.size).toBe(128);
  expect(book.counts()).toMatchObject({ open: 0, resolved: 128, leftOut: 0 });
  expect(book.removedSince(0).length).toBe(128);
  nowMs += 3_700_000;
  book.apply([]);
  expect(book.size).toBe(0);
});
