/**
 * Membership of 18 node processes in two meshes, as the survivors' own directories tell it: how soon a killed node is out of all
 * of them, that a frozen one is not, how soon a change is seen everywhere, and what watching costs when nothing happens.
 */
import { GONE } from "../tests/support/node-hosts.mjs";
import * as change from "./change.mjs";
import * as idle from "./idle.mjs";
import { seeded } from "./lib/random.mjs";
import { percentile, round, sleep } from "./lib/stats.mjs";
import { TwoMeshes } from "./lib/two-meshes.mjs";

/** A survivor that has not noticed by then never will: staleness would have told it. */
const NOTICE_TIMEOUT_MS = 30_000;
const FROZEN_MS = 2_000;
/** Longer than silence, witness and wait for an obituary take together: who was to be accused for the freeze has been. */
const AFTERMATH_MS = 6_000;

export const title = "Membership: 18 node processes in two meshes; kills, freezes, changes, idle cost";
export const options = { kills: 30, freezes: 10, seed: 1 };

export async function run({ log, options: { kills, freezes, seed } }) {
  const random = seeded(seed);
  const meshes = new TwoMeshes(random);
  try {
    await meshes.start();
    await sleep(5_000);
    const killed = await killPhase(meshes, { kills, random, log });
    const frozen = await freezePhase(meshes, { freezes, random, log });
    await meshes.stop();
    log("a change after a quiet interval");
    const changed = (await change.run({ log })).figures;
    log("idle");
    const quiet = (await idle.run({ log })).figures;
    return {
      figures: { kill: killed, freeze: frozen, change: changed, idle: quiet },
      checks: [
        { id: "killed → out of every survivor's directory ≤ 5,000 ms (p99)", ok: killed.p99Ms <= 5_000 },
        {
          id: "every survivor heard of every death as such, from two signers",
          ok: killed.missed + killed.otherwise === 0,
        },
        { id: "nobody was declared dead who was not", ok: killed.falseDeaths + frozen.falseDeaths === 0 },
        { id: "nobody came back from the dead by himself", ok: killed.resurrected === 0 },
        { id: "at most 3 obituaries per death", ok: killed.obituariesMax <= 3 },
        { id: "change seen everywhere ≤ 150 ms (p99)", ok: changed.p99Ms <= 150 && changed.missed === 0 },
      ],
      goals: [
        { id: "newcomer complete ≤ 1,000 ms after its first neighbour (max)", ok: killed.completeMaxMs <= 1_000 },
        { id: "change seen everywhere ≤ 25 ms (p50)", ok: changed.p50Ms <= 25 },
        { id: "idle CPU per node ≤ 0.003 core (mean)", ok: quiet.idleCoresMean <= 0.003 },
        { id: "idle traffic per node ≤ 1,000 B/s (mean)", ok: quiet.bytesPerSecondMean <= 1_000 },
      ],
    };
  } finally {
    await meshes.stop();
  }
}

async function killPhase(meshes, { kills, random, log }) {
  const found = { members: [], observers: [], first: [], everywhere: [], obituaries: [], complete: [] };
  const sums = { missed: 0, otherwise: 0, falseDeaths: 0, resurrected: 0 };
  for (let i = 0; i < kills; i++) {
    // At any moment of the probes' second.
    await sleep(1_000 * random.next());
    const victim = random.pick(meshes.nodes);
    const watchers = meshes.watchers(victim);
    const killedAtMs = await meshes.kill(victim);
    const noticed = await Promise.all(watchers.map((watcher) => goneEvent(watcher, victim, killedAtMs)));
    const delaysMs = noticed.map((event) => (event === undefined ? Number.POSITIVE_INFINITY : event.atMs - killedAtMs));
    for (const [j, delayMs] of delaysMs.entries()) {
      found[meshes.isObserver(watchers[j], victim) ? "observers" : "members"].push(delayMs);
    }
    found.first.push(Math.min(...delaysMs));
    found.everywhere.push(Math.max(...delaysMs));
    const told = noticed.filter((event) => event !== undefined);
    found.obituaries.push(new Set(told.filter(({ by }) => by !== undefined).map(({ by }) => by.join())).size);
    sums.missed += noticed.length - told.length;
    sums.otherwise += told.filter(({ kind, by }) => kind !== "dead" || new Set(by).size !== 2).length;
    sums.resurrected += await countListed(watchers, victim);
    sums.falseDeaths += countGone(watchers, (id) => id !== victim.id, killedAtMs);
    const newcomer = await meshes.respawn(victim);
    await meshes.converged();
    found.complete.push(completeAfterMs(newcomer, meshes));
    log(
      `kill ${i + 1}: ${victim.name} out of the first directory after ${ms(found.first.at(-1))}, of all ${watchers.length}` +
        ` after ${ms(found.everywhere.at(-1))}; obituaries: ${found.obituaries.at(-1)}; back and complete ${ms(found.complete.at(-1))}`,
    );
  }
  const all = [...found.members, ...found.observers];
  return {
    p50Ms: round(percentile(all, 0.5), 0),
    p99Ms: round(percentile(all, 0.99), 0),
    maxMs: round(Math.max(...all), 0),
    membersP99Ms: round(percentile(found.members, 0.99), 0),
    observersP99Ms: round(percentile(found.observers, 0.99), 0),
    firstP50Ms: round(percentile(found.first, 0.5), 0),
    firstMaxMs: round(Math.max(...found.first), 0),
    everywhereP50Ms: round(percentile(found.everywhere, 0.5), 0),
    obituariesMean: round(found.obituaries.reduce((sum, count) => sum + count, 0) / kills, 2),
    obituariesMax: Math.max(...found.obituaries),
    completeP50Ms: round(percentile(found.complete, 0.5), 0),
    completeMaxMs: round(Math.max(...found.complete), 0),
    kills,
    events: all.length,
    ...sums,
  };
}

async function freezePhase(meshes, { freezes, random, log }) {
  let falseDeaths = 0;
  const suspectedBy = [];
  for (const node of random.sample(meshes.nodes, freezes)) {
    const watchers = meshes.watchers(node);
    const frozenAtMs = node.host.freeze();
    await sleep(FROZEN_MS);
    node.host.thaw();
    await sleep(AFTERMATH_MS);
    const suspecting = watchers.filter((watcher) =>
      since(watcher, frozenAtMs).some(({ kind }) => kind === "suspected"),
    );
    // The frozen one itself may not take the silence for the others' death either.
    const deaths = countGone([...watchers, node], () => true, frozenAtMs);
    suspectedBy.push(suspecting.length);
    falseDeaths += deaths;
    log(`freeze: ${node.name} suspected by ${suspecting.length}, deaths: ${deaths}`);
    await meshes.converged();
  }
  return { freezes, falseDeaths, suspectedByMax: Math.max(0, ...suspectedBy) };
}

async function goneEvent(watcher, victim, sinceMs) {
  try {
    const fits = ({ kind, id }) => GONE.includes(kind) && id === victim.id;
    return await watcher.until("the death", fits, { sinceMs, timeoutMs: NOTICE_TIMEOUT_MS });
  } catch {
    return undefined;
  }
}

/** In how many of the directories, looked at now, somebody who is gone stands. */
async function countListed(watchers, victim) {
  const directories = await Promise.all(watchers.map((watcher) => watcher.directory()));
  return directories.filter((entries) => entries.some(({ id }) => id === victim.id)).length;
}

const since = (node, atMs) => node.changes.filter((entry) => entry.atMs >= atMs);

function countGone(watchers, concerns, sinceMs) {
  return watchers.flatMap((watcher) =>
    since(watcher, sinceMs).filter(({ kind, id }) => GONE.includes(kind) && concerns(id)),
  ).length;
}

/** From its first neighbour until a newcomer lists everybody that it has to. */
function completeAfterMs(newcomer, meshes) {
  const first = newcomer.changes.find(({ kind }) => kind === "first-neighbor");
  if (first === undefined) return Number.POSITIVE_INFINITY;
  const missing = new Set(meshes.nodes.filter(({ mesh }) => mesh === newcomer.mesh).map(({ id }) => id));
  for (const id of newcomer.known) missing.delete(id);
  if (missing.size === 0) return 0;
  for (const { kind, id, atMs } of newcomer.changes) {
    if (kind === "joined" && missing.delete(id) && missing.size === 0) return Math.max(0, atMs - first.atMs);
  }
  return Number.POSITIVE_INFINITY;
}

const ms = (value) => (Number.isFinite(value) ? `${value.toFixed(0)} ms` : "never");
