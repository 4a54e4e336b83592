import type { HistoryState } from "@meshwork/console/api-types";
import { expect, test } from "vitest";
import { ageNow } from "../format/ages.js";
import type { LiveData } from "../state/live-state.js";
import { pastData } from "./past-data.js";

const member = (key: string, state: "alive" | "dead") => ({
  ...{ key, id: key, name: `m.t.${key}`, mesh: "m", type: "t", state, stateAgeMs: 4_000 },
});
const past: HistoryState = {
  ...{ atMs: 1, ageMs: 60_000, linksAgeMs: 0 },
  members: [member("a", "alive"), member("b", "dead")],
  links: [{ key: "m|a|x", mesh: "m", a: "a", b: "x", aReports: true, bReports: null }],
};

const now = { seq: 7, cluster: { value: { live: 2, readOnly: false }, receivedAtMs: 0 } } as LiveData;

test("members and links are those of then, with names as far as known and no figure at all", () => {
  const { nodes, links, seq, cluster } = pastData(now, past);
  expect(seq).toBe(7);
  expect(cluster.value).toEqual({ live: 2, readOnly: true });
  expect([...nodes.values()].map(({ value }) => [value.name, value.state, value.live])).toEqual([
    ["m.t.a", "alive", true],
    ["m.t.b", "dead", false],
  ]);
  expect(nodes.get("a")?.value).toMatchObject({
    cpuUsedCores: null,
    statsAgeMs: null,
    framesSent: null,
    process: null,
  });
  expect(links.get("m|a|x")?.value).toMatchObject({ aName: "m.t.a", bName: null, aReports: true, bReports: null });
});

test("its ages stand still", () => {
  const { nodes } = pastData(now, past);
  const { value, receivedAtMs } = nodes.get("b")!;
  expect(ageNow(value.stateAgeMs, receivedAtMs, 1e9)).toBe(4_000);
});
