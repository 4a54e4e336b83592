import { defineConfig } from "vitest/config";

/** Tests on real processes, one file at a time: they start clusters, and the machine has two cores. */
export default defineConfig({
  test: {
    include: ["tests/integration/**/*.test.ts"],
    testTimeout: 90_000,
    hookTimeout: 90_000,
    pool: "forks",
    maxWorkers: 1,
    fileParallelism: false,
  },
});
