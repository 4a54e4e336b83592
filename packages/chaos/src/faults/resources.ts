/** Faults of what a node lives on: disk, clock, memory, CPU. They need the lab, whose ledger keeps what they make. */
import { monotonicMs } from "../cluster/agent-protocol.js";
import type { ChaosNode } from "../cluster/chaos-node.js";
import { excusesNobody, goneFrom, hostOf, labFault, witnessesOf } from "./fault.js";

const CRASH_KNOWN_MS = 5_000;
const HEALED_MS = 30_000;

export const diskFull = labFault({
  name: "disk-full",
  summary: "the file system with a node's identity is full; the node is killed and started on it",
  needs: ["namespaces", "filesystem"],
  expects: "the node is gone, since it refuses to start (MESH_E_DATA_DIR); with room again it is back under its name",
  withinMs: CRASH_KNOWN_MS,
  healedWithinMs: HEALED_MS,
  prepare: async ({ cluster, hands, pick }) => {
    const [target] = pick(1) as [ChaosNode];
    const host = hostOf(target).name;
    await cluster.settle(target, "small-disk");
    const name = target.name;
    let refusal: unknown;
    return {
      targets: [target],
      witnesses: witnessesOf(cluster, [target]),
      inject: async () => {
        await hands.fillDisk(host);
        const atMs = await target.crash();
        refusal = await cluster.restart(target).then(
          () => undefined,
          (error: { code?: unknown }) => error.code,
        );
        return atMs;
      },
      detect: goneFrom([target]),
      revert: async () => {
        await hands.emptyDisk(host);
        if (!target.isRunning) await cluster.restart(target);
        await cluster.release(target);
      },
      verifyHealed: async () => {
        if (refusal !== "MESH_E_DATA_DIR") return `on the full disk it ended its start with ${refusal ?? "success"}`;
        return target.name === name ? undefined : `it came back as ${target.name}, not ${name}`;
      },
      excuses: (_, id) => id === target.id,
    };
  },
});

const SKEW_MS = 3_600_000;

export const clockSkew = labFault({
  name: "clock-skew",
  summary: "a node's wall clock steps an hour ahead and runs 5 % fast; its monotonic clock is true",
  needs: ["namespaces", "clock"],
  expects: "the node, asked for its time, is an hour ahead; it stays listed",
  withinMs: 10_000,
  healedWithinMs: HEALED_MS,
  prepare: async ({ cluster, hands, pick }) => {
    const [target] = pick(1) as [ChaosNode];
    const host = hostOf(target).name;
    await cluster.settle(target, "own-clock");
    const aheadMs = async (witness: ChaosNode) => await witness.call("clockOf", { target: target.id });
    const witnesses = cluster.members(target.mesh).filter((node) => node !== target);
    return {
      targets: [target],
      witnesses,
      inject: async () => {
        await hands.setClock(host, SKEW_MS, 1.05);
        return monotonicMs();
      },
      detect: (witness, _, deadlineMs) =>
        witness.untilTrue(async () => {
          const seen = await aheadMs(witness);
          return seen.aheadMs > SKEW_MS * 0.9 ? seen.endedAtMs : undefined;
        }, deadlineMs),
      revert: async () => {
        await hands.setClock(host, 0, 1);
        await cluster.release(target);
      },
      verifyHealed: async () => {
        const seen = await aheadMs(witnesses[0] as ChaosNode);
        return Math.abs(seen.aheadMs) < 2_000 ? undefined : `its clock is still ${seen.aheadMs} ms off`;
      },
      excuses: excusesNobody,
    };
  },
});

const SPARE_BYTES = 16 << 20;
const HOARD_BYTES = 256 << 20;

export const memoryPressure = labFault({
  name: "memory-pressure",
  summary: "a node takes memory in a control group that has 16 MiB left, until the kernel ends it",
  needs: ["namespaces", "memory"],
  expects: "the node is gone from the directory",
  withinMs: CRASH_KNOWN_MS,
  healedWithinMs: HEALED_MS,
  prepare: async ({ cluster, hands, pick }) => {
    const [target] = pick(1) as [ChaosNode];
    const host = hostOf(target).name;
    const gone = goneFrom([target]);
    let beganAtMs = 0;
    return {
      targets: [target],
      witnesses: witnessesOf(cluster, [target]),
      inject: async () => {
        beganAtMs = monotonicMs();
        const { process } = await target.call("stats", {});
        const ended = target.ended();
        await hands.limitMemory(host, process.rssBytes + SPARE_BYTES);
        // Version 1 charges only what is taken from now on.
        target.call("hoard", { bytes: process.rssBytes + HOARD_BYTES }, 30_000).catch(() => {});
        const signal = await ended;
        if (signal !== "SIGKILL") throw new Error(`it ended with ${signal}`);
        return monotonicMs();
      },
      // Short of memory it may stand still for so long that it is given up before the kernel ends it.
      detect: async (witness, endedAtMs, deadlineMs) => {
        const atMs = await gone(witness, beganAtMs, deadlineMs);
        return atMs === undefined ? undefined : Math.max(endedAtMs, atMs);
      },
      revert: async () => {
        if (target.isRunning) await target.crash();
        await hands.unlimit(host);
        await cluster.refill(target);
      },
      excuses: (_, id) => id === target.id,
    };
  },
});

const CPU_SHARE = 0.1;
const STARVED_ECHO_MS = 40;

export const cpuStarvation = labFault({
  name: "cpu-starvation",
  summary: "a node has a tenth of a core, for which a busy thread of its process competes",
  needs: ["namespaces", "cpu"],
  expects: `a request to the node takes ${STARVED_ECHO_MS} ms and more; it stays listed`,
  withinMs: 20_000,
  healedWithinMs: HEALED_MS,
  prepare: ({ cluster, hands, pick }) => {
    const [target] = pick(1) as [ChaosNode];
    const host = hostOf(target).name;
    return {
      targets: [target],
      witnesses: cluster.members(target.mesh).filter((node) => node !== target),
      inject: async () => {
        await target.call("burn", { on: true });
        await hands.limitCpu(host, CPU_SHARE);
        return monotonicMs();
      },
      detect: (witness, _, deadlineMs) =>
        witness.untilTrue(async () => {
          const { roundTripMs, endedAtMs } = await witness.call("echo", { target: target.id, timeoutMs: 4_000 });
          return roundTripMs >= STARVED_ECHO_MS ? endedAtMs : undefined;
        }, deadlineMs),
      revert: async () => {
        await hands.unlimit(host);
        await target.call("burn", { on: false });
      },
      excuses: excusesNobody,
    };
  },
});
