import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** The page in Chromium, one file at a time: a cluster and a browser fill two cores. `MESH_TEST_FULL=1`: what takes minutes, instead. */
export default defineConfig({
  root: join(import.meta.dirname, "..", ".."),
  test: {
    include: process.env.MESH_TEST_FULL === "1" ? ["tests/browser/**/*.full.ts"] : ["tests/browser/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 90_000,
    pool: "forks",
    maxWorkers: 1,
    fileParallelism: false,
  },
});
