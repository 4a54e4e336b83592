import { expect, test } from "vitest";
import { renderReport } from "./html/page.js";
import { seededRandom } from "./random.js";
import { buildReport } from "./report.js";
import { makePlaces } from "./schedule.js";
import { newSoakState, type SoakState } from "./state.js";

/** An hour in which all went well: memory is flat, nobody was lost. */
function goodSoak(further: Partial<SoakState> = {}, leaking?: string): SoakState {
  const state = newSoakState({
    command: "mesh soak --seed 42",
    commit: "0123456789ab",
    machine: { cpu: "<cpu>", cores: 2, ramBytes: 8e9, system: "Linux", node: "v20" },
    plan: {
      seed: 42,
      durationMs: 3_600_000,
      intervalMs: 20_000,
      churnMs: 10_000,
      faults: [{ name: "kill", endsProcess: true }],
    },
    plantedLeak: null,
    places: makePlaces(["mesh1", "mesh2"], new Map([["broker", 4]])),
  });
  const random = seededRandom(1, "report");
  const minutes = Array.from({ length: 60 }, (_, minute) => minute);
  for (const place of ["node 0", "node 3", "console"]) {
    const memory = (megabytes: number) =>
      minutes.map((minute) => 1e6 * (megabytes + 0.05 * random() + (place === leaking ? (4 * minute) / 60 : 0)));
    state.series[place] = {
      label: `mesh1.broker.${place}`,
      kind: place === "console" ? "console" : "node",
      parts: [{ heapBytes: memory(9), pssBytes: memory(24), rssBytes: memory(70) }],
    };
  }
  for (const values of Object.values(state.totals)) values.push(...minutes.map(() => 1));
  state.parts.push({ startedAt: "2026-01-01T00:00:00.000Z", fromMs: 0, convergedMs: 5_000 });
  const messages = { sent: 100, acknowledged: 100, verified: 100, lost: 0, doubled: 0, unverifiable: 0, failed: {} };
  const waits = { deathWaitsMs: [3_900, 4_100], returnWaitsMs: [] };
  const faults = [
    {
      atMs: 20_000,
      fault: "kill",
      place: 1,
      target: "mesh1.broker.aaaaaa",
      passed: true,
      skipped: false,
      detail: "",
      ...waits,
    },
  ];
  const quiet = { settledMs: 1, compared: 100, differences: [] };
  return Object.assign(state, { status: "finished", elapsedMs: 3_600_000, messages, faults, quiet }, further);
}

const outcomeOf = (state: SoakState, id: string) => buildReport(state).checks.find((check) => check.id === id)?.outcome;

test("a soak in which all went well passes every check", () => {
  expect(buildReport(goodSoak()).counts).toEqual({ passed: 10, failed: 0, skipped: 0 });
});

const kept = { process: "node 0", count: "handles", kind: "exact", before: 1, after: 2, returned: false } as const;

test.each([
  ["survivors learn of kills", { faults: [{ ...goodSoak().faults[0]!, deathWaitsMs: [3_900, 5_100] }] }],
  ["survivors learn of kills", { faults: [{ ...goodSoak().faults[0]!, deathWaitsMs: [3_900, null] }] }],
  ["false deaths", { falseDeaths: [{ atMs: 1, observer: "a", accused: "b" }] }],
  ["acknowledged messages lost", { messages: { ...goodSoak().messages, lost: 1 } }],
  ["messages doubled", { messages: { ...goodSoak().messages, doubled: 1 } }],
  ["return to the baseline", { quiet: { settledMs: 1, compared: 1, differences: [kept] } }],
  ["directories agree at the end", { disagreements: ["a lacks b"] }],
  ["directories agree at the end", { unexpectedEnds: ["it crashed"] }],
  ["respawns", { respawns: [{ atMs: 1, how: "leave", target: "a", successor: "b", detail: "", waitsMs: [null] }] }],
] satisfies [string, Partial<SoakState>][])("what is wrong fails its check: %s", (id, wrong) => {
  expect(outcomeOf(goodSoak(wrong), id)).toBe("failed");
  expect(buildReport(goodSoak(wrong)).counts.failed).toBe(1);
});

test("a leak fails and is named", () => {
  const report = buildReport(goodSoak({}, "node 3"));
  const check = report.checks.find(({ id }) => id === "memory leaks");
  expect(check?.outcome).toBe("failed");
  expect(check?.detail).toContain("mesh1.broker.node 3 heap");
  expect(check?.detail).not.toContain("node 0");
});

test("a planted leak must be found, and in the node where it was planted", () => {
  const planted = { plantedLeak: { place: 3, bytesPerHour: 4e6 } };
  expect(outcomeOf(goodSoak(planted, "node 3"), "the planted leak")).toBe("passed");
  expect(outcomeOf(goodSoak(planted, "node 0"), "the planted leak")).toBe("failed");
  expect(outcomeOf(goodSoak(planted), "the planted leak")).toBe("failed");
});

test("a soak that was stopped is reported so far, and says what it cannot tell", () => {
  const state = newSoakState({ ...goodSoak(), plantedLeak: null });
  state.status = "stopped";
  const { counts, checks } = buildReport(state);
  expect(counts.failed).toBe(0);
  expect(checks.filter(({ outcome }) => outcome === "skipped").map(({ id }) => id)).toEqual([
    "survivors learn of kills",
    "acknowledged messages lost",
    "messages doubled",
    "return to the baseline",
    "directories agree at the end",
    "ran its whole time",
  ]);
  expect(renderReport(buildReport(state))).toContain("</html>");
});

test("the page needs nothing from elsewhere, runs nothing, and takes no text for markup", () => {
  const page = renderReport(buildReport(goodSoak()));
  expect(page).not.toMatch(/<script|<link|<img|https?:|@import|url\(/);
  expect(page).toContain("&lt;cpu&gt;");
  expect(page.match(/<svg/g)?.length).toBeGreaterThanOrEqual(8);
});
