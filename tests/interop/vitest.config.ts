import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** Live Rust and TypeScript peers, one file at a time. Run by `npm run test:interop`, which builds the Rust ones. */
export default defineConfig({
  root: join(import.meta.dirname, "..", ".."),
  test: {
    include: ["tests/interop/**/*.test.ts"],
    testTimeout: 90_000,
    hookTimeout: 30_000,
    pool: "forks",
    maxWorkers: 1,
    fileParallelism: false,
  },
});
