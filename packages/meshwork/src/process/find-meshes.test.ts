import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { findMeshes } from "./find-meshes.js";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("a mesh without neighbours is asked for until it has one, and only that one", async () => {
  const neighbors: Record<string, string[]> = { mesh1: ["n"], mesh2: [] };
  const joined: string[][] = [];
  const asked: string[] = [];
  const node = {
    mesh: "mesh1",
    observes: ["mesh2"],
    neighbors: (mesh = "mesh1") => neighbors[mesh] ?? [],
    join: (seeds: readonly string[]) => void joined.push([...seeds]),
  };
  const stop = findMeshes(
    node,
    async (mesh) => {
      asked.push(mesh);
      return asked.length < 3 ? [] : ["seed"];
    },
    100,
  );
  await vi.advanceTimersByTimeAsync(350);
  expect(asked).toEqual(["mesh2", "mesh2", "mesh2"]);
  expect(joined.at(-1)).toEqual(["seed"]);
  neighbors.mesh2 = ["m"];
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toHaveLength(3);
  stop();
  neighbors.mesh2 = [];
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toHaveLength(3);
});
