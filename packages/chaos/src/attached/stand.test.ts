/** What a launcher holds ready without a lab: a collector of its own, and no more. (In a lab: tests/lab/attached.test.ts.) */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ChaosStand } from "./stand.js";

let directory: string;
let stand: ChaosStand | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "meshwork-stand-"));
});
afterEach(async () => {
  expect(await stand?.close()).toEqual([]);
  stand = undefined;
  rmSync(directory, { recursive: true, force: true });
});

const open = async (hasCollector: boolean) => {
  stand = await ChaosStand.open({ lab: false, hasCollector, directory, pidOf: () => undefined });
  return stand;
};
const post = (url: string, timeoutMs = 5_000) =>
  fetch(`${url}/v1/traces`, { method: "POST", body: "x", signal: AbortSignal.timeout(timeoutMs) }).then(
    ({ status }) => status,
    ({ name }: Error) => name,
  );

test("nodes export to its collector, the console does not; it goes, hangs and is back where it was", async () => {
  const { obstacles, hands, lab } = await open(false);
  expect([obstacles, hands, lab]).toEqual([{}, undefined, undefined]);
  expect(stand?.placeFor("console", directory)).toEqual({ prefix: [], env: {} });
  const place = stand?.placeFor("n1", directory);
  const url = place?.env.OTEL_EXPORTER_OTLP_ENDPOINT ?? "";
  expect(place?.prefix).toEqual([]);
  expect(await post(url)).toBe(200);
  await stand?.setCollector("hanging");
  expect(await post(url, 300)).toBe("TimeoutError");
  await stand?.setCollector("gone");
  expect(await post(url)).toBe("TypeError");
  expect(await stand?.undo()).toEqual([]);
  expect(await post(url)).toBe(200);
});

test("what is undone while it closes brings nothing back", async () => {
  await open(false);
  const url = stand?.placeFor("n1", directory).env.OTEL_EXPORTER_OTLP_ENDPOINT ?? "";
  const undone = stand?.undo();
  const closed = stand?.close();
  expect(await Promise.all([undone, stand?.undo(), closed])).toEqual([[], [], []]);
  expect(await post(url)).toBe("TypeError");
});

test("a collector of the user's own is left alone: what would be done to it cannot be done here", async () => {
  const { obstacles } = await open(true);
  expect(Object.keys(obstacles)).toEqual(["collector-gone", "collector-hanging"]);
  expect(stand?.placeFor("n1", directory).env).toEqual({});
  await expect(stand?.setCollector("gone")).rejects.toMatchObject({ code: "MESH_E_BAD_OPTION" });
  expect(await stand?.undo()).toEqual([]);
});

test("without a lab nobody is settled elsewhere, and who has no place has no twin", async () => {
  await open(false);
  expect(() => stand?.settle("n1", "small-disk")).toThrow(expect.objectContaining({ code: "MESH_E_BAD_OPTION" }));
  const nobody = { id: "ab", mesh: "m", type: "t", observes: [], slot: "n1", seeds: [] };
  await expect(stand?.startTwin(nobody)).rejects.toMatchObject({ code: "MESH_E_BAD_OPTION" });
  expect(stand?.harmed()).toEqual([]);
});
