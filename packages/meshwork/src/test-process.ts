/**
 * Entry of a run of tests that a console has asked for: `SEED TEST…`. Tells over its channel what it does, ends its clusters when it is
 * told to or when the console vanishes, and then itself.
 */
import { MESH_TESTS, runMeshTests, type TestMessage } from "@meshwork/chaos";
import { launchForTest } from "./mesh-test/launch-for-test.js";

const [seed, ...names] = process.argv.slice(2);
const abort = new AbortController();
const tell = (message: TestMessage) => {
  if (process.connected) process.send?.(message);
};
process.on("disconnect", () => abort.abort());
process.on("SIGTERM", () => abort.abort());
await runMeshTests({
  tests: MESH_TESTS.filter(({ name }) => names.includes(name)),
  seed: Number(seed),
  signal: abort.signal,
  launch: (signal) => launchForTest(import.meta.url, process.env, signal),
  onStart: ({ name }) => tell({ kind: "started", test: name }),
  onProgress: ({ name }, text) => tell({ kind: "progress", test: name, text }),
  onResult: (result) => tell({ kind: "result", result }),
});
if (!abort.signal.aborted) tell({ kind: "done" });
process.disconnect?.();
