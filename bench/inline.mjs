/** All nodes in one process: idle CPU and memory, and what a further node costs there. */
import { startCluster } from "./lib/cluster.mjs";
import { cpuSeconds, memory } from "./lib/proc.mjs";
import { round, sleep } from "./lib/stats.mjs";

export const title = "Inline: all nodes in one process, 9 against 36 nodes";

export async function run({ log }) {
  const small = await measure("gateway=1,broker=3,compute=3,registry=2", ["--mesh", "mesh1"], log);
  const large = await measure("gateway=2,broker=6,compute=6,registry=4", ["--mesh", "mesh1", "--mesh", "mesh2"], log);
  const more = large.count - small.count;
  return {
    figures: {
      smallNodes: small.count,
      smallRssMB: round(small.rssMB, 1),
      smallCores: round(small.cores, 4),
      largeNodes: large.count,
      largeRssMB: round(large.rssMB, 1),
      largeCores: round(large.cores, 4),
      furtherNodeMB: round((large.rssMB - small.rssMB) / more, 2),
      furtherNodeCores: round((large.cores - small.cores) / more, 5),
    },
    checks: [],
  };
}

async function measure(types, meshes, log) {
  const cluster = await startCluster(["--inline", "--no-traffic", "--types", types, ...meshes]);
  try {
    await sleep(20_000);
    const hosted = cluster.nodes.filter((node) => !node.name.includes(".console."));
    const { pid } = hosted[0];
    const before = cpuSeconds(pid);
    const startMs = performance.now();
    await sleep(20_000);
    const cores = (cpuSeconds(pid) - before) / ((performance.now() - startMs) / 1_000);
    log(`${hosted.length} nodes: ${cores.toFixed(4)} core`);
    return { count: hosted.length, cores, ...memory(pid) };
  } finally {
    await cluster.stop();
  }
}
