/** Faults of processes: they end, come back, or stand still. Possible without a lab. */
import { monotonicMs } from "../cluster/agent-protocol.js";
import type { ChaosNode } from "../cluster/chaos-node.js";
import { type Fault, goneFrom, hasId, type Stage, witnessesOf } from "./fault.js";

const CRASH_KNOWN_MS = 5_000;
/** Of nodes that died together with all their neighbours: the audit finds them. */
const MASS_CRASH_KNOWN_MS = 60_000;
const HEALED_MS = 30_000;
/** QUIC's acknowledgements speak for a node whose event loop alone is stuck for 6 s (docs/decisions/0009); then it is silence as any other. */
const STUCK_KNOWN_MS = 12_000;
const BLOCK_MS = 14_000;

export const killNode: Fault = {
  name: "kill-node",
  summary: "SIGKILL of a node",
  needs: [],
  expects: "the node is gone from the directory",
  withinMs: CRASH_KNOWN_MS,
  healedWithinMs: HEALED_MS,
  prepare: (stage) => killing(stage, 1),
};

export const burstKill: Fault = {
  name: "burst-kill",
  summary: "SIGKILL of three nodes of a mesh at once",
  needs: [],
  expects: "all three are gone from the directory (60 s where one has lost all its neighbours with it)",
  withinMs: CRASH_KNOWN_MS,
  healedWithinMs: HEALED_MS,
  prepare: async (stage) => {
    const run = killing(stage, 3);
    const views = await Promise.all(run.targets.map((target) => target.call("stats", {})));
    const bereft = views.some(({ activeViews, mesh }) =>
      (activeViews[mesh] ?? []).every((id) => hasId(run.targets, id)),
    );
    return { ...run, withinMs: bereft ? MASS_CRASH_KNOWN_MS : CRASH_KNOWN_MS };
  },
};

function killing({ cluster, pick }: Stage, count: number) {
  const targets = pick(count);
  return {
    targets,
    witnesses: witnessesOf(cluster, targets),
    inject: async () => Math.min(...(await Promise.all(targets.map((target) => target.crash())))),
    detect: goneFrom(targets),
    revert: async () => {
      for (const target of targets) if (!target.isRunning) await cluster.refill(target);
    },
    excuses: (_: ChaosNode, id: string) => hasId(targets, id),
  };
}

export const restartNode: Fault = {
  name: "restart-node",
  summary: "SIGKILL of a node, and its start with the same identity",
  needs: [],
  expects: "the same id is listed in a later life, under the same name, 5 s after it is ready",
  withinMs: CRASH_KNOWN_MS,
  healedWithinMs: HEALED_MS,
  prepare: async ({ cluster, pick }) => {
    const [target] = pick(1) as [ChaosNode];
    const { id, name } = target;
    const witnesses = witnessesOf(cluster, [target]);
    const generation = await generationOf(witnesses[0] as ChaosNode, id);
    let killedAtMs = 0;
    return {
      targets: [target],
      witnesses,
      inject: async () => {
        killedAtMs = await target.crash();
        await cluster.restart(target);
        return monotonicMs();
      },
      detect: async (witness, readyAtMs, deadlineMs) => {
        const back = await witness.until(
          (change) => change.id === id && ["joined", "updated"].includes(change.kind) && change.generation > generation,
          killedAtMs,
          deadlineMs,
        );
        return back === undefined ? undefined : Math.max(readyAtMs, back.atMs);
      },
      revert: async () => {
        if (!target.isRunning) await cluster.restart(target);
      },
      verifyHealed: async () => (target.name === name ? undefined : `it came back as ${target.name}, not ${name}`),
      excuses: (_, dead) => dead === id,
    };
  },
};

async function generationOf(witness: ChaosNode, id: string): Promise<number> {
  return (await witness.call("directory", {})).find((entry) => entry.id === id)?.generation ?? 0;
}

export const wedgeNode: Fault = {
  name: "wedge-node",
  summary: "one node is stopped (SIGSTOP), another's event loop is blocked; both go on later",
  needs: [],
  expects:
    "both are gone from the directory, though their sockets are open: the stopped one within 5 s, the blocked one within 12 s",
  withinMs: STUCK_KNOWN_MS,
  healedWithinMs: HEALED_MS,
  prepare: ({ cluster, pick }) => {
    const targets = pick(2);
    const [frozen, blocked] = targets as [ChaosNode, ChaosNode];
    let blockedAtMs = 0;
    const frozenGone = goneFrom([frozen]);
    const blockedGone = goneFrom([blocked]);
    return {
      targets,
      witnesses: witnessesOf(cluster, targets),
      inject: async () => {
        const atMs = monotonicMs();
        await frozen.freeze();
        await blocked.call("block", { forMs: BLOCK_MS });
        blockedAtMs = monotonicMs();
        return atMs;
      },
      detect: async (witness, sinceMs, deadlineMs) => {
        const times = await Promise.all([
          frozenGone(witness, sinceMs, sinceMs + CRASH_KNOWN_MS),
          blockedGone(witness, sinceMs, deadlineMs),
        ]);
        return times.includes(undefined) ? undefined : Math.max(...(times as number[]));
      },
      revert: async (signal) => {
        await frozen.thaw();
        if (signal.aborted) return;
        // Nothing ends a blocked loop but itself: it answers when it is done.
        const leftMs = Math.max(0, blockedAtMs + BLOCK_MS - monotonicMs());
        await blocked.call("failure", {}, leftMs + 10_000);
      },
      excuses: (_, id) => hasId(targets, id),
    };
  },
};
