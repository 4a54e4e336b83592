/** How soon a change of the directory is seen everywhere: `close()` of one node → the `changes()` event of each other one. */
import { Children, once } from "./lib/children.mjs";
import { percentile, round, sleep } from "./lib/stats.mjs";

const NODES = 18;
const ROUNDS = 15;

export const title = `Directory change: a node leaves a quiet mesh of ${NODES}, until every survivor's event`;

export async function run({ log }) {
  const children = new Children();
  const delaysMs = [];
  const slowestMs = [];
  let missed = 0;
  try {
    const nodes = [await children.start({})];
    while (nodes.length < NODES)
      nodes.push(await children.start({ seeds: nodes.slice(0, 3).map((node) => node.seed) }));
    await sleep(5_000);
    for (let round = 0; round < ROUNDS; round++) {
      const leaver = nodes.pop();
      const seen = nodes.map((node) => leftEvent(node.child, leaver.id));
      const closing = once(leaver.child, "closing");
      leaver.child.send({ kind: "close" });
      const { atMs } = await closing;
      const times = await Promise.all(seen);
      missed += times.filter((time) => time === undefined).length;
      const delays = times.filter((time) => time !== undefined).map((time) => time - atMs);
      delaysMs.push(...delays);
      slowestMs.push(Math.max(...delays));
      log(`round ${round + 1}: everywhere after ${slowestMs.at(-1).toFixed(1)} ms`);
      nodes.push(await children.start({ seeds: nodes.slice(0, 3).map((node) => node.seed) }));
      await sleep(2_500);
    }
  } finally {
    await children.stop();
  }
  return {
    figures: {
      p50Ms: round(percentile(delaysMs, 0.5), 1),
      p99Ms: round(percentile(delaysMs, 0.99), 1),
      everywhereP50Ms: round(percentile(slowestMs, 0.5), 1),
      everywhereMaxMs: round(Math.max(...slowestMs), 1),
      events: delaysMs.length,
      missed,
    },
    checks: [{ id: "every survivor saw every change", ok: missed === 0 }],
  };
}

function leftEvent(child, id) {
  return new Promise((resolve) => {
    const onMessage = (message) => {
      if (message.kind === "change" && message.change === "left" && message.id === id) finish(message.atMs);
    };
    const finish = (value) => {
      clearTimeout(timer);
      child.off("message", onMessage);
      resolve(value);
    };
    const timer = setTimeout(() => finish(undefined), 10_000);
    child.on("message", onMessage);
  });
}
