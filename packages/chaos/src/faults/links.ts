/** Faults of links: cut, slow, lossy, coming and going. They need the lab. */
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMs } from "../cluster/agent-protocol.js";
import type { ChaosNode } from "../cluster/chaos-node.js";
import type { LinkShape } from "../lab/shape.js";
import { excusesNobody, goneFrom, hasId, hostOf, type LabStage, labFault, witnessesOf } from "./fault.js";

const HEALED_MS = 30_000;
const ECHO_TIMEOUT_MS = 4_000;
const LOSS_PROBES = 30;

export const partitionPair = labFault({
  name: "partition-pair",
  summary: "two nodes cannot reach each other; everybody else reaches both",
  needs: ["namespaces", "cuts"],
  expects: "the two: the other does not answer, yet is listed; the others: both answer",
  withinMs: 10_000,
  healedWithinMs: HEALED_MS,
  prepare: ({ cluster, hands, pick }) => {
    const targets = pick(2);
    const [a, b] = targets as [ChaosNode, ChaosNode];
    const between = (shape: LinkShape) => hands.shape([hostOf(a).name], [hostOf(b).name], shape);
    return {
      targets,
      witnesses: cluster.members(a.mesh),
      inject: async () => {
        await between({ cut: true });
        return monotonicMs();
      },
      detect: (witness, _, deadlineMs) => {
        if (witness !== a && witness !== b) return answersFrom(witness, targets, deadlineMs);
        const other = witness === a ? b : a;
        return witness.untilTrue(() => refusalBy(witness, other), deadlineMs);
      },
      revert: () => between({}),
      verifyHealed: async () =>
        (await answersFrom(a, [b], monotonicMs() + 10_000)) ? undefined : "the two do not answer each other",
      excuses: excusesNobody,
    };
  },
});

/** When every one of them had answered. */
async function answersFrom(
  witness: ChaosNode,
  targets: readonly ChaosNode[],
  deadlineMs: number,
): Promise<number | undefined> {
  const times = await Promise.all(
    targets.map((target) =>
      witness.untilTrue(
        async () => (await witness.call("echo", { target: target.id, timeoutMs: ECHO_TIMEOUT_MS })).endedAtMs,
        deadlineMs,
      ),
    ),
  );
  return times.includes(undefined) ? undefined : Math.max(...(times as number[]));
}

/** When it was told, in a code that programs can act on, that the other cannot be reached; it must list it all the same. */
async function refusalBy(witness: ChaosNode, other: ChaosNode): Promise<number | undefined> {
  try {
    await witness.call("echo", { target: other.id, timeoutMs: ECHO_TIMEOUT_MS });
    return undefined;
  } catch (error) {
    const { code } = error as { code?: unknown };
    return code === "MESH_E_TIMEOUT" || code === "MESH_E_UNREACHABLE" ? monotonicMs() : undefined;
  }
}

export const partitionSubset = labFault({
  name: "partition-subset",
  summary: "a third of a mesh is cut off from everybody else",
  needs: ["namespaces", "cuts"],
  expects: "each side: the other side is gone from the directory",
  withinMs: 75_000,
  healedWithinMs: HEALED_MS,
  prepare: ({ cluster, hands, pick }) => {
    const inside = pick(3);
    const mesh = (inside[0] as ChaosNode).mesh;
    const outside = cluster.members(mesh).filter((node) => !inside.includes(node));
    const outsiders = cluster.hostsBut(inside);
    const every = (shape: LinkShape) =>
      hands.shape(
        inside.map((node) => hostOf(node).name),
        outsiders,
        shape,
      );
    const goneInside = goneFrom(inside);
    const goneOutside = goneFrom(outside);
    return {
      targets: inside,
      witnesses: [...outside, ...inside],
      inject: async () => {
        await every({ cut: true });
        return monotonicMs();
      },
      detect: (witness, sinceMs, deadlineMs) =>
        (hasId(inside, witness.id) ? goneOutside : goneInside)(witness, sinceMs, deadlineMs),
      revert: () => every({}),
      excuses: (observer, id) => hasId(inside, observer.id) !== hasId(inside, id),
    };
  },
});

export const slowLink = labFault({
  name: "slow-link",
  summary: "every link of a node is slow: 150 ms ± 30 ms each way",
  needs: ["namespaces", "delay"],
  expects: "a request to the node takes a quarter of a second and more; it stays listed",
  withinMs: 10_000,
  healedWithinMs: HEALED_MS,
  prepare: (stage) =>
    uplinkFault(stage, { delayMs: 150, jitterMs: 30 }, async (witness, target, deadlineMs) => {
      const echo = await witness.untilTrue(async () => {
        const { roundTripMs, endedAtMs } = await witness.call("echo", {
          target: target.id,
          timeoutMs: ECHO_TIMEOUT_MS,
        });
        return roundTripMs >= 250 ? endedAtMs : undefined;
      }, deadlineMs);
      return echo;
    }),
});

export const lossyLink = labFault({
  name: "lossy-link",
  summary: "every link of a node loses a fifth of its packets, each way",
  needs: ["namespaces", "cuts"],
  expects:
    "requests to the node all succeed, a tenth of them only after something was sent again (20 ms and more); it stays listed",
  withinMs: 20_000,
  healedWithinMs: HEALED_MS,
  prepare: (stage) =>
    uplinkFault(stage, { lossPercent: 20 }, async (witness, target, deadlineMs) => {
      let slow = 0;
      for (let probe = 0; probe < LOSS_PROBES; probe++) {
        if (monotonicMs() > deadlineMs) return undefined;
        const { roundTripMs } = await witness.call("echo", { target: target.id, timeoutMs: ECHO_TIMEOUT_MS });
        if (roundTripMs >= 20) slow += 1;
      }
      return slow >= LOSS_PROBES / 10 ? monotonicMs() : undefined;
    }),
});

function uplinkFault(
  { cluster, hands, pick }: LabStage,
  shape: LinkShape,
  detect: (witness: ChaosNode, target: ChaosNode, deadlineMs: number) => Promise<number | undefined>,
) {
  const [target] = pick(1) as [ChaosNode];
  const others = cluster.hostsBut([target]);
  const every = (to: LinkShape) => hands.shape([hostOf(target).name], others, to);
  return {
    targets: [target],
    witnesses: cluster.members(target.mesh).filter((node) => node !== target),
    inject: async () => {
      await every(shape);
      return monotonicMs();
    },
    detect: (witness: ChaosNode, _: number, deadlineMs: number) => detect(witness, target, deadlineMs),
    revert: () => every({}),
    excuses: excusesNobody,
  };
}

const FLAPS = 3;
const OFF_MS = 7_000;
const ON_MS = 5_000;

export const flappingLink = labFault({
  name: "flapping-link",
  summary: `a node's links go away for ${OFF_MS / 1_000} s and come back for ${ON_MS / 1_000} s, three times`,
  needs: ["namespaces", "cuts"],
  expects: "the node is gone while its links are; in the end it is listed, once",
  withinMs: 5_000,
  healedWithinMs: HEALED_MS,
  prepare: ({ cluster, hands, pick }) => {
    const [target] = pick(1) as [ChaosNode];
    const others = cluster.hostsBut([target]);
    const every = (shape: LinkShape) => hands.shape([hostOf(target).name], others, shape);
    const stop = new AbortController();
    const pause = (ms: number) => sleep(ms, undefined, { signal: stop.signal }).catch(() => {});
    let flapping = Promise.resolve();
    const flap = async () => {
      for (let round = 0; round < FLAPS && !stop.signal.aborted; round++) {
        if (round > 0) await every({ cut: true });
        await pause(OFF_MS);
        await every({});
        if (round < FLAPS - 1) await pause(ON_MS);
      }
    };
    return {
      targets: [target],
      witnesses: witnessesOf(cluster, [target]),
      inject: async () => {
        await every({ cut: true });
        flapping = flap();
        return monotonicMs();
      },
      detect: goneFrom([target]),
      revert: async (signal) => {
        const hurry = () => stop.abort();
        signal.addEventListener("abort", hurry, { once: true });
        if (signal.aborted) hurry();
        await flapping;
        signal.removeEventListener("abort", hurry);
        await every({});
      },
      excuses: (observer, dead) => dead === target.id || observer === target,
    };
  },
});
