/**
 * The node under `fuzz wire`, in a process of its own, steered over IPC. `MESH_FUZZ_PLANT=crash` plants what the self-test must find: an
 * operation whose handler ends the process.
 */
import { startNode } from "../../packages/meshwork/dist/index.js";

const [dataDir] = process.argv.slice(2);
const node = await startNode({ mesh: "mesh1", type: "victim", dataDir });
node.handle("echo", ({ body }) => ({ body }));
if (process.env.MESH_FUZZ_PLANT === "crash") {
  node.handle("planted", () => {
    setImmediate(() => {
      throw new Error("planted");
    });
  });
}
process.on("message", ({ call }) => {
  const lists = node.directory.entries().map(({ id }) => id);
  const { heapUsed, external } = process.memoryUsage();
  process.send({ call, value: { ...node.stats(), lists, heapBytes: heapUsed + external } });
});
process.on("disconnect", async () => {
  await node.close();
  process.exit(0);
});
process.send({ ready: { id: node.id, seed: node.seed, addresses: node.addresses } });
