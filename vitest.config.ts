import { defineConfig } from "vitest/config";

/**
 * Unit, property and in-process tests beside the code, and those that take two rooms that may not import each other. Tests on
 * processes live in `tests/` (see scripts/test.mjs).
 */
export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.test.ts", "tests/{simulated-link,simulator}/*.test.ts"],
    testTimeout: 20_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
