import { defineConfig } from "vitest/config";

/** Tests on the network lab: Linux and root, one file at a time. */
export default defineConfig({
  test: {
    include: ["tests/lab/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 1,
    fileParallelism: false,
  },
});
