/**
 * A node in a process of its own that the benchmarks steer over IPC. Times are ms since the epoch with sub-ms digits, from one
 * machine's clock, so that processes can be compared.
 */
import { startNode } from "meshwork";

const wallMs = () => performance.timeOrigin + performance.now();
const options = JSON.parse(process.env.BENCH_NODE ?? "{}");
const node = await startNode(options);
node.handle("echo", (request) => ({ body: request.body }));
node.directory.onChange((change) => {
  if ("entry" in change) process.send({ kind: "change", change: change.kind, id: change.entry.id, atMs: wallMs() });
});
process.on("message", async (message) => {
  if (message.kind === "close") {
    process.send({ kind: "closing", atMs: wallMs() });
    await node.close("bench");
    process.exit(0);
  }
  if (message.kind === "requests") process.send({ kind: "requests", ...(await requests(message)) });
});
process.on("disconnect", () => process.exit(0));
process.send({ kind: "ready", id: node.id, name: node.name, seed: node.seed, bootMs: node.bootMs });

/** Resolves once the directory lists the node. */
async function known(id) {
  const changes = node.directory.changes();
  if (node.directory.entries().some((entry) => entry.id === id)) return;
  for await (const change of changes) if ("entry" in change && change.entry.id === id) return;
}

async function requests({ target, count, bytes, inFlight }) {
  const body = new Uint8Array(bytes);
  await known(target);
  const latenciesMs = [];
  let left = count;
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  const worker = async () => {
    while (left-- > 0) {
      const beforeMs = performance.now();
      await node.request(target, "echo", body, { timeoutMs: 30_000 });
      latenciesMs.push(performance.now() - beforeMs);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const seconds = (performance.now() - startMs) / 1_000;
  const cpu = process.cpuUsage(cpuBefore);
  return { latenciesMs, seconds, cpuMicrosPerRequest: (cpu.user + cpu.system) / count };
}
