/** Twins of the faults that end a process, bring it back, hold it up, or start it twice. */
import { type NodeRecord, signRecord } from "@meshwork/protocol";
import { Asking } from "./chaos-echoes.js";
import type { ChaosStage } from "./chaos-stage.js";
import { type ChaosTwin, excusesNobody, goneFrom, type TwinRun } from "./chaos-twin.js";

const CRASH_KNOWN_MS = 5_000;
/** Of nodes that died together with all their neighbours: the audit finds them. */
const MASS_CRASH_KNOWN_MS = 60_000;
const WEDGED_MS = 14_000;
/** A tenth of a core: what takes 4 ms of a whole one. */
const STARVED_WORK_MS = 40;
const DRIFT = 0.05;

export const killTwin: ChaosTwin = {
  name: "kill-node",
  expects: "it is gone",
  withinMs: CRASH_KNOWN_MS,
  prepare: (stage) => killing(stage, stage.pickMortal(1)),
};

export const burstKillTwin: ChaosTwin = {
  name: "burst-kill",
  expects: "all three are gone",
  withinMs: CRASH_KNOWN_MS,
  prepare: (stage) => {
    const targets = stage.pickMortal(3);
    const withinMs = stage.bereft(targets) ? MASS_CRASH_KNOWN_MS : CRASH_KNOWN_MS;
    return { ...killing(stage, targets), withinMs };
  },
};

function killing(stage: ChaosStage, targets: readonly number[]): TwinRun {
  return {
    targets,
    witnesses: stage.others(targets),
    inject: () => stage.watch.kill(targets),
    knows: goneFrom(stage, targets),
    revert: () => {
      for (const target of targets) stage.replace(target);
    },
    excuses: (_, accused) => targets.includes(accused),
  };
}

export const restartTwin: ChaosTwin = {
  name: "restart-node",
  expects: "the same id in a later life",
  withinMs: CRASH_KNOWN_MS,
  prepare: (stage) => {
    const [target] = stage.pickMortal(1) as [number];
    const generation = stage.generationOf(target);
    return {
      targets: [target],
      witnesses: stage.others([target]),
      inject: () => stage.restart(target),
      knows: (witness) => (stage.listed(witness, target)?.record.generation ?? 0) > generation,
      revert: () => {},
      excuses: (_, accused) => accused === target,
    };
  },
};

/** The simulator knows no acknowledgements that speak for a stuck event loop: a stopped process and a blocked one are alike in it. */
export const wedgeTwin: ChaosTwin = {
  name: "wedge-node",
  expects: "both are gone",
  withinMs: CRASH_KNOWN_MS,
  prepare: (stage) => {
    const targets = stage.pick(2);
    return {
      targets,
      witnesses: stage.others(targets),
      lastsMs: WEDGED_MS,
      inject: () => {
        for (const target of targets) stage.network.freeze(target);
      },
      knows: goneFrom(stage, targets),
      revert: () => {
        for (const target of targets) stage.network.thaw(target);
      },
      excuses: (_, accused) => targets.includes(accused),
    };
  },
};

/** It stutters, as a process short of memory does, and is ended by the kernel. */
export const memoryPressureTwin: ChaosTwin = {
  name: "memory-pressure",
  expects: "it is gone",
  withinMs: CRASH_KNOWN_MS,
  prepare: (stage) => {
    const [target] = stage.pickMortal(1) as [number];
    return {
      ...killing(stage, [target]),
      inject: () => {
        for (let stutter = 0; stutter < 4; stutter++) {
          stage.network.freeze(target);
          stage.runFor(stage.random.between(100, 900));
          stage.network.thaw(target);
          stage.runFor(stage.random.between(10, 300));
        }
        stage.watch.kill([target]);
      },
    };
  },
};

export const cpuStarvationTwin: ChaosTwin = {
  name: "cpu-starvation",
  expects: `requests to it take ${STARVED_WORK_MS} ms longer; it stays listed`,
  withinMs: 20_000,
  prepare: (stage) => {
    const [target] = stage.pick(1) as [number];
    const host = stage.cluster.world.hosts[target]!;
    const asking = new Asking(
      stage.echoes,
      target,
      (answer, witness) =>
        answer?.wasConnected === true &&
        // Its own work on the way in; the answer costs the asker none.
        answer.roundTripMs >= 2 * stage.paths.latencyMs(witness, target) + STARVED_WORK_MS / 2 &&
        stage.listed(witness, target) !== undefined,
    );
    return {
      targets: [target],
      witnesses: stage.others([target]),
      lastsMs: 20_000,
      inject: () => {
        host.workMs = STARVED_WORK_MS;
      },
      knows: (witness) => asking.knows(witness),
      revert: () => {
        host.workMs = 0;
      },
      excuses: excusesNobody,
    };
  },
};

/**
 * The protocol reads no wall clock, so a step of it is nothing to the simulator. What is done is harder than the real fault: the clock that
 * all timers go by, which the real one leaves alone, runs 5 % fast.
 */
export const clockSkewTwin: ChaosTwin = {
  name: "clock-skew",
  expects: "its clock, asked for, has run ahead; it stays listed",
  withinMs: 10_000,
  prepare: (stage) => {
    const [target] = stage.pick(1) as [number];
    const host = stage.cluster.world.hosts[target]!;
    const setRate = (rate: number) => {
      host.clockOffsetMs += stage.nowMs * (host.clockRate - rate);
      host.clockRate = rate;
    };
    let aheadBeforeMs = 0;
    const asking = new Asking(
      stage.echoes,
      target,
      (answer, witness) =>
        answer !== undefined &&
        answer.clockMs - (answer.atMs - answer.roundTripMs) - aheadBeforeMs > 200 &&
        stage.listed(witness, target) !== undefined,
    );
    return {
      targets: [target],
      witnesses: stage.others([target]),
      lastsMs: 60_000,
      inject: () => {
        aheadBeforeMs = host.now() - stage.nowMs;
        setRate(1 + DRIFT);
      },
      knows: (witness) => asking.knows(witness),
      revert: () => setRate(1),
      excuses: excusesNobody,
    };
  },
};

/** As QUIC's hello would tell: conflicts until the later start stops (docs/protocol). */
const CONFLICTS_TO_STOP = 3;

/**
 * One id is one host to the simulator: of the second process there are the records alone, sent through a node that it has joined, each
 * answering the first one's. Whether it stops by itself is the real fault's to see; here it does after the third conflict.
 */
export const identityTwiceTwin: ChaosTwin = {
  name: "identity-twice",
  expects: "the id at the first one's address, in a later life than any that the second has claimed",
  withinMs: 60_000,
  prepare: (stage) => {
    const [target, entrance] = stage.pick(2) as [number, number];
    const { cluster } = stage;
    const own = () => stage.listed(target, target)!.record;
    const bootNonce = "5ec0ddec0ddec0dd";
    let claimed = 0;
    let claims = 0;
    const claim = () => {
      claims++;
      claimed = own().generation + 1;
      const record: NodeRecord = {
        ...own(),
        ...{ bootNonce, generation: claimed, sequence: 1, startedAtMs: own().startedAtMs + 60_000 },
        addresses: ["10.255.255.255:4433"],
      };
      const { bytes } = signRecord(record, (message) => cluster.keysOf(target).sign(message));
      const node = cluster.nodes[entrance]!;
      node.membership!.tell({ kind: "broadcast", content: bytes, deliveredBy: node.neighbors()[0]! });
      node.broadcast(bytes);
    };
    const answers = () => {
      if (claims < CONFLICTS_TO_STOP && own().generation > claimed) claim();
    };
    return {
      targets: [target],
      witnesses: stage.others([target]),
      lastsMs: 20_000,
      inject: claim,
      knows: (witness) => {
        answers();
        const seen = stage.listed(witness, target)?.record;
        return claims === CONFLICTS_TO_STOP && seen?.bootNonce === own().bootNonce && seen.generation > claimed;
      },
      revert: () => {},
      excuses: excusesNobody,
    };
  },
};
