/** A quiet mesh of 18 and its console: CPU over 60 s, memory, bytes per second and connections opened, per node. */
import { startCluster } from "./lib/cluster.mjs";
import { cpuSeconds, memory, threads } from "./lib/proc.mjs";
import { mean, round, sleep } from "./lib/stats.mjs";

const SETTLE_S = 20;
const WINDOW_S = 60;
/** What the console's own looking adds is not the node's idle traffic. */
const OWN_KINDS = ["gossip", "probe", "sync", "hello"];

export const title = "Idle: 18 node processes in two meshes, no traffic, 60 s";

export async function run({ log }) {
  const cluster = await startCluster(["--no-traffic"]);
  try {
    const read = async () => {
      const { nodes } = await cluster.api("/api/nodes");
      return new Map(nodes.map((node) => [node.name, node]));
    };
    log(`converged in ${cluster.converged.elapsedMs} ms; settling ${SETTLE_S} s`);
    await sleep(SETTLE_S * 1_000);
    const before = await figures(read);
    // The reading made the console subscribe for a while; let that end before the window opens.
    await sleep(12_000);
    const processes = cluster.nodes.map(({ name, pid }) => ({ name, pid, cpu: cpuSeconds(pid) }));
    const startMs = performance.now();
    log(`measuring ${WINDOW_S} s`);
    await sleep(WINDOW_S * 1_000);
    const seconds = (performance.now() - startMs) / 1_000;
    const rows = processes.map(({ name, pid, cpu }) => ({
      name,
      cores: (cpuSeconds(pid) - cpu) / seconds,
      ...memory(pid),
      threads: threads(pid),
    }));
    const after = await figures(read);
    const flow = [...after].flatMap(([name, now]) => {
      const was = before.get(name);
      if (was === undefined || !rows.some((row) => row.name === name)) return [];
      const elapsed = (now.uptimeMs - was.uptimeMs) / 1_000;
      const bytes = OWN_KINDS.reduce(
        (sum, kind) =>
          sum +
          now.frames[kind].sentBytes +
          now.frames[kind].receivedBytes -
          was.frames[kind].sentBytes -
          was.frames[kind].receivedBytes,
        0,
      );
      return [
        { bytesPerSecond: bytes / elapsed, opened: (now.connectionsOpened - was.connectionsOpened) / (elapsed / 60) },
      ];
    });
    const nodes = rows.filter((row) => !row.name.includes(".console."));
    const most = (key) => Math.max(...nodes.map((row) => row[key]));
    return {
      figures: {
        idleCoresMean: round(mean(nodes.map((row) => row.cores)), 5),
        idleCoresMax: round(most("cores"), 5),
        rssMBMax: round(most("rssMB"), 1),
        pssMBMean: round(mean(nodes.map((row) => row.pssMB)), 1),
        pssMBMax: round(most("pssMB"), 1),
        threadsMax: most("threads"),
        bytesPerSecondMean: round(mean(flow.map((row) => row.bytesPerSecond)), 1),
        bytesPerSecondMax: round(Math.max(...flow.map((row) => row.bytesPerSecond)), 1),
        connectionsOpenedPerMinuteMean: round(mean(flow.map((row) => row.opened)), 2),
        connectionsOpenedPerMinuteMax: round(Math.max(...flow.map((row) => row.opened)), 2),
        bootMsMean: round(mean(cluster.nodes.map((node) => node.bootMs)), 0),
        bootMsMax: round(Math.max(...cluster.nodes.map((node) => node.bootMs)), 0),
        convergedMs: cluster.converged.elapsedMs,
      },
      checks: [
        // One shuffle a minute costs a node at most one temporary connection as its end and one as its origin.
        { id: "idle CPU per node ≤ 0.005 core", ok: mean(nodes.map((row) => row.cores)) <= 0.005 },
        { id: "PSS per process ≤ 35 MB", ok: most("pssMB") <= 35 },
        { id: "RSS per process ≤ 90 MB", ok: most("rssMB") <= 90 },
        {
          id: "no idle connections beyond the shuffle's (mean ≤ 2 a minute)",
          ok: mean(flow.map((row) => row.opened)) <= 2,
        },
        { id: "converged ≤ 15 s", ok: cluster.converged.elapsedMs <= 15_000 },
      ],
      rows,
    };
  } finally {
    await cluster.stop();
  }
}

async function figures(read) {
  // The first reading starts the subscriptions; figures follow within a second or two.
  for (let attempt = 0; attempt < 40; attempt++) {
    const nodes = await read();
    const found = new Map([...nodes].filter(([, node]) => node.frames !== null));
    if (found.size === nodes.size) return found;
    await sleep(250);
  }
  throw new Error("some nodes gave no figures within 10 s");
}
