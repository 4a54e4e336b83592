import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { loadState, newSoakState, saveState } from "./state.js";

const directory = mkdtempSync(join(tmpdir(), "meshwork-soak-state-"));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test("what was written down is what a soak goes on from; of another version, or none, there is nothing", () => {
  expect(loadState(directory)).toBeUndefined();
  const state = newSoakState({
    command: "mesh soak",
    commit: null,
    machine: { cpu: "", cores: 1, ramBytes: 1, system: "", node: "" },
    plan: { seed: 1, durationMs: 1, intervalMs: 1, churnMs: null, faults: [] },
    plantedLeak: null,
    places: [],
  });
  state.elapsedMs = 17;
  saveState(join(directory, "new"), state);
  expect(loadState(join(directory, "new"))).toEqual(state);
  writeFileSync(join(directory, "state.json"), JSON.stringify({ ...state, version: 0 }));
  expect(loadState(directory)).toBeUndefined();
});
