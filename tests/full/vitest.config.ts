import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** What CI leaves out, one file at a time. */
export default defineConfig({
  root: join(import.meta.dirname, "..", ".."),
  test: {
    include: ["tests/full/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 90_000,
    pool: "forks",
    maxWorkers: 1,
    fileParallelism: false,
  },
});
