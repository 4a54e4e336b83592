import { defineConfig } from "vitest/config";

/** Unit, property and in-process tests beside the code. Tests on processes live in `tests/` (see scripts/test.mjs). */
export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.test.ts"],
    testTimeout: 20_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
