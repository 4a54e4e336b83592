/**
 * Many nodes of one mesh in a few processes, all through one seed: how long until each lists all, what a node costs there, and how
 * the survivors come out of the sudden end of one process, with a quarter of the mesh in it.
 */
import { countComponents, GONE, Hosts, nowMs } from "../tests/support/node-hosts.mjs";
import { cpuSeconds, memory } from "./lib/proc.mjs";
import { percentile, round, sleep } from "./lib/stats.mjs";

const CONVERGE_TIMEOUT_MS = 300_000;
const NOTICE_TIMEOUT_MS = 180_000;
const LOOK_INTERVAL_MS = 100;
const SETTLE_MS = 30_000;
const WINDOW_MS = 30_000;

export const title = "Nodes: one mesh in a few processes, through one seed; one process is killed";
/** `atonce`: nodes that boot at the same time in each process. */
export const options = { count: 200, processes: 4, atonce: 1 };

export async function run({ log, options: { count, processes, atonce } }) {
  const hosts = new Hosts();
  try {
    const held = await Promise.all(Array.from({ length: processes }, () => hosts.spawn()));
    const emptyMB = sum(held.map(({ pid }) => memory(pid).pssMB));
    const startedAtMs = nowMs();
    const nodes = await boot(held, { count, atonce });
    const bootedAtMs = nowMs();
    log(`${nodes.length} nodes booted after ${seconds(bootedAtMs - startedAtMs)} s`);
    await listExactly(nodes, CONVERGE_TIMEOUT_MS);
    const convergedAtMs = Math.max(...nodes.map((node) => lastChange(node, ["joined"])));
    log(`every one lists all ${count} after ${seconds(convergedAtMs - startedAtMs)} s`);
    const droppedAtBoot = countFalse(nodes, startedAtMs, new Set());

    await sleep(SETTLE_MS);
    const { cores, pssMB, rssMB } = await idleCost(held);
    log(`idle: ${(cores / count).toFixed(5)} core a node`);
    const parts = await countComponents(nodes);
    const droppedIdle = countFalse(nodes, startedAtMs, new Set()) - droppedAtBoot;

    const victims = held.at(-1).nodes;
    const survivors = nodes.filter((node) => !victims.includes(node));
    const killedAtMs = await held.at(-1).kill();
    log(`killed a process with ${victims.length} nodes`);
    const outcome = await awaitDropped(survivors, victims, killedAtMs);
    log(
      `dropped by ${outcome.done} of ${survivors.length}, the last after ${seconds(Math.max(...outcome.delaysMs))} s`,
    );
    for (const { name, id } of victims) {
      const holders = survivors.filter(({ listed }) => listed.has(id)).length;
      if (holders > 0) log(`still listed by ${holders}: ${name}`);
    }
    const droppedAtKill = countFalse(survivors, killedAtMs, new Set(victims.map(({ id }) => id)));
    // Who was dropped wrongly may come back: the state in the end is looked at besides.
    const exact = await listExactly(survivors, CONVERGE_TIMEOUT_MS).then(
      () => true,
      () => false,
    );
    const partsAfter = await countComponents(survivors);
    return {
      figures: {
        nodes: count,
        processes,
        bootedMs: round(bootedAtMs - startedAtMs, 0),
        convergedMs: round(convergedAtMs - startedAtMs, 0),
        convergedAfterLastBootMs: round(Math.max(0, convergedAtMs - bootedAtMs), 0),
        pssMBPerNode: round(pssMB / count, 2),
        furtherNodeMB: round((pssMB - emptyMB) / count, 2),
        rssMBMax: round(rssMB, 0),
        idleCoresPerNode: round(cores / count, 5),
        killed: victims.length,
        firstDroppedP50Ms: round(percentile(outcome.firstMs, 0.5), 0),
        droppedP50Ms: round(percentile(outcome.delaysMs, 0.5), 0),
        droppedP99Ms: round(percentile(outcome.delaysMs, 0.99), 0),
        droppedMaxMs: round(Math.max(...outcome.delaysMs), 0),
        falselyDroppedAtBoot: droppedAtBoot,
        falselyDroppedIdle: droppedIdle,
        falselyDroppedAtKill: droppedAtKill,
        componentsBefore: parts,
        componentsAfter: partsAfter,
      },
      checks: [
        { id: "every survivor has dropped all killed nodes within 60 s", ok: Math.max(...outcome.delaysMs) <= 60_000 },
        { id: "no living node was ever dropped", ok: droppedAtBoot + droppedIdle + droppedAtKill === 0 },
        { id: "every survivor lists exactly the survivors in the end", ok: exact },
        { id: "one component, before and after", ok: parts === 1 && partsAfter === 1 },
      ],
      goals: [
        { id: "a further node in one process ≤ 3 MB", ok: (pssMB - emptyMB) / count <= 3 },
        { id: "idle CPU per node ≤ 0.003 core", ok: cores / count <= 0.003 },
      ],
    };
  } finally {
    await hosts.stop();
  }
}

/** The seed first, then in each process `atonce` at a time. */
async function boot(held, { count, atonce }) {
  const options = { mesh: "mesh1", sharedProcess: true };
  const seed = await held[0].start(options);
  const nodes = [seed];
  let left = count - 1;
  const startOnes = async (host) => {
    while (left > 0 && host.nodes.length < Math.ceil(count / held.length)) {
      left--;
      nodes.push(await host.start({ ...options, seeds: [seed.seed] }));
    }
  };
  await Promise.all(held.flatMap((host) => Array.from({ length: atonce }, () => startOnes(host))));
  return nodes;
}

/** Waits until each of these lists all of them and nobody else. */
async function listExactly(nodes, timeoutMs) {
  const deadlineMs = nowMs() + timeoutMs;
  const ids = nodes.map(({ id }) => id);
  const isExact = ({ listed }) => listed.size === ids.length && ids.every((id) => listed.has(id));
  while (!nodes.every(isExact)) {
    const wrong = nodes.filter((node) => !isExact(node));
    if (nowMs() > deadlineMs)
      throw new Error(
        `${wrong.length} of ${ids.length} do not list exactly all; ${wrong[0].name}: ${wrong[0].listed.size}`,
      );
    await sleep(LOOK_INTERVAL_MS);
  }
}

async function idleCost(held) {
  const before = sum(held.map(({ pid }) => cpuSeconds(pid)));
  const startMs = nowMs();
  await sleep(WINDOW_MS);
  const cores = (sum(held.map(({ pid }) => cpuSeconds(pid))) - before) / ((nowMs() - startMs) / 1_000);
  const sizes = held.map(({ pid }) => memory(pid));
  return { cores, pssMB: sum(sizes.map(({ pssMB }) => pssMB)), rssMB: Math.max(...sizes.map(({ rssMB }) => rssMB)) };
}

/** Per survivor: from the kill until the first and the last of the victims is out of its directory. */
async function awaitDropped(survivors, victims, killedAtMs) {
  const ids = victims.map(({ id }) => id);
  const isDone = ({ listed }) => ids.every((id) => !listed.has(id));
  while (!survivors.every(isDone) && nowMs() - killedAtMs < NOTICE_TIMEOUT_MS) await sleep(LOOK_INTERVAL_MS);
  const gone = survivors.map((node) =>
    node.changes.filter(({ kind, atMs }) => atMs >= killedAtMs && GONE.includes(kind)),
  );
  return {
    done: survivors.filter(isDone).length,
    firstMs: gone.map((changes) => (changes[0]?.atMs ?? Number.POSITIVE_INFINITY) - killedAtMs),
    delaysMs: survivors.map((node, i) =>
      isDone(node) ? gone[i].findLast(({ id }) => ids.includes(id)).atMs - killedAtMs : Number.POSITIVE_INFINITY,
    ),
  };
}

/** How often somebody was dropped since then who is not of the dead. */
function countFalse(watchers, sinceMs, dead) {
  const isFalse = ({ kind, id, atMs }) => atMs >= sinceMs && GONE.includes(kind) && !dead.has(id);
  return sum(watchers.map((node) => node.changes.filter(isFalse).length));
}

const lastChange = (node, kinds) => node.changes.findLast(({ kind }) => kinds.includes(kind))?.atMs ?? 0;
const sum = (values) => values.reduce((total, value) => total + value, 0);
const seconds = (valueMs) => (valueMs / 1_000).toFixed(1);
