/** Twins of the faults of links: cut, slow, lossy, coming and going, walled in, moved to another address. */
import type { HostTrouble } from "../net/host-links.js";
import { type Answer, Asking, type Tells } from "./chaos-echoes.js";
import type { ChaosStage } from "./chaos-stage.js";
import { type ChaosTwin, excusesNobody, goneFrom, type TwinRun } from "./chaos-twin.js";

export const partitionPairTwin: ChaosTwin = {
  name: "partition-pair",
  expects: "the two: the other does not answer, yet is listed; the rest: both answer",
  withinMs: 10_000,
  prepare: (stage) => {
    const [a, b] = stage.pick(2) as [number, number];
    const answered = (answer: Answer | undefined) => answer !== undefined;
    const askA = new Asking(stage.echoes, a, (answer, witness) => answered(answer) !== (witness === b));
    const askB = new Asking(stage.echoes, b, (answer, witness) => answered(answer) !== (witness === a));
    const lists = (witness: number, host: number) => stage.listed(witness, host) !== undefined;
    const both = (change: (from: number, to: number) => void) => {
      change(a, b);
      change(b, a);
    };
    return {
      targets: [a, b],
      witnesses: stage.running(),
      lastsMs: 20_000,
      inject: () => both((from, to) => stage.paths.cut(from, to)),
      knows: (witness) => {
        if (witness === a) return askB.knows(a) && lists(a, b);
        if (witness === b) return askA.knows(b) && lists(b, a);
        const [first, second] = [askA.knows(witness), askB.knows(witness)];
        return first && second;
      },
      revert: () => both((from, to) => stage.paths.mend(from, to)),
      excuses: excusesNobody,
    };
  },
};

export const partitionSubsetTwin: ChaosTwin = {
  name: "partition-subset",
  expects: "each side: the other is gone",
  withinMs: 75_000,
  prepare: (stage) => {
    const running = stage.running();
    const inside = stage.random.sample(running, Math.round(running.length / 3));
    const outside = stage.others(inside);
    const [goneInside, goneOutside] = [goneFrom(stage, inside), goneFrom(stage, outside)];
    return {
      targets: inside,
      witnesses: running,
      inject: () => stage.paths.partition((host) => (inside.includes(host) ? 1 : 0)),
      knows: (witness) => (inside.includes(witness) ? goneOutside : goneInside)(witness),
      revert: () => stage.paths.join(),
      excuses: (observer, accused) => inside.includes(observer) !== inside.includes(accused),
    };
  },
};

const SLOW_MS = 150;

export const slowLinkTwin: ChaosTwin = {
  name: "slow-link",
  expects: "requests to it take 250 ms and more; it stays listed",
  withinMs: 10_000,
  prepare: (stage) =>
    troubled(stage, { delayMs: SLOW_MS }, () => (answer) => answer?.wasConnected === true && answer.roundTripMs >= 250),
};

const LOST_SHARE = 0.2;
const LOSS_PROBES = 30;
/** A frame that is lost eight times in a row, one in 400,000, comes after 16 s at the most; a fault here sends a thousand. */
const LOSSY_TIMEOUT_MS = 30_000;

export const lossyLinkTwin: ChaosTwin = {
  name: "lossy-link",
  expects: "every request on a connection is answered, a tenth of them late",
  // Round trips are 20 to 100 ms here, and below one in the lab: a frame that is lost often is late by as much more.
  withinMs: 80_000,
  prepare: (stage) => {
    const tells = (target: number): Tells => {
      const books = new Map<number, { asked: number; late: number; lost: number }>();
      return (answer, witness) => {
        const book = books.get(witness);
        if (book === undefined) {
          // A dial that is lost is tried again after a second, and after three: the first answer is there before anything is counted.
          if (answer !== undefined) books.set(witness, { asked: 0, late: 0, lost: 0 });
          return false;
        }
        book.asked++;
        if (answer === undefined) book.lost++;
        else if (answer.roundTripMs > 2 * stage.paths.latencyMs(witness, target) + 20) book.late++;
        return book.asked >= LOSS_PROBES && book.lost === 0 && book.late >= LOSS_PROBES / 10;
      };
    };
    return troubled(stage, { loss: LOST_SHARE }, tells, LOSSY_TIMEOUT_MS);
  },
};

function troubled(
  stage: ChaosStage,
  trouble: HostTrouble,
  tellsOf: (target: number) => Tells,
  timeoutMs?: number,
): TwinRun {
  const [target] = stage.pick(1) as [number];
  const tells = tellsOf(target);
  const heard: Tells = (answer, witness) => tells(answer, witness) && stage.listed(witness, target) !== undefined;
  const asking = new Asking(stage.echoes, target, heard, timeoutMs);
  return {
    targets: [target],
    witnesses: stage.others([target]),
    lastsMs: 30_000,
    inject: () => stage.paths.hosts.set(target, trouble),
    knows: (witness) => asking.knows(witness),
    revert: () => stage.paths.hosts.clear(target),
    excuses: excusesNobody,
  };
}

const FLAPS = 3;
const OFF_MS = 7_000;
const ON_MS = 5_000;

export const flappingLinkTwin: ChaosTwin = {
  name: "flapping-link",
  expects: "it is gone while its links are",
  withinMs: 5_000,
  prepare: (stage) => {
    const [target] = stage.pick(1) as [number];
    const { world } = stage.cluster;
    return {
      targets: [target],
      witnesses: stage.others([target]),
      lastsMs: FLAPS * (OFF_MS + ON_MS),
      inject: () => {
        stage.cutOff(target, true);
        for (let flap = 0; flap < FLAPS; flap++) {
          world.after(flap * (OFF_MS + ON_MS) + OFF_MS, () => stage.cutOff(target, false));
          if (flap > 0) world.after(flap * (OFF_MS + ON_MS), () => stage.cutOff(target, true));
        }
      },
      knows: goneFrom(stage, [target]),
      revert: () => stage.cutOff(target, false),
      excuses: (observer, accused) => accused === target || observer === target,
    };
  },
};

/** Until it has said something from there, what is sent to it goes to the old address; it says something each second. */
const MIGRATION_MS = 1_000;
/** The node looks at its addresses that often. */
const ADDRESS_WATCH_MS = 3_000;

export const natShiftTwin: ChaosTwin = {
  name: "nat-shift",
  expects: "the same id at the new address",
  withinMs: 10_000,
  prepare: (stage) => {
    const [target] = stage.pick(1) as [number];
    const { cluster, paths } = stage;
    const address = `10.99.${stage.random.int(256)}.${stage.random.int(256)}:4433`;
    return {
      targets: [target],
      witnesses: stage.others([target]),
      inject: () => {
        cluster.addresses.set(target, address);
        for (const other of stage.others([target])) {
          paths.cut(other, target);
          cluster.world.after(MIGRATION_MS, () => paths.mend(other, target));
        }
        const noticesMs = stage.random.between(0, ADDRESS_WATCH_MS);
        cluster.world.hosts[target]!.timer(noticesMs, () =>
          cluster.nodes[target]?.membership?.tell({ kind: "changed" }),
        );
      },
      knows: (witness) => stage.listed(witness, target)?.record.addresses.includes(address) === true,
      // It keeps the new one, as a laptop does.
      revert: () => {},
      excuses: excusesNobody,
    };
  },
};

export const inboundFirewallTwin: ChaosTwin = {
  name: "inbound-firewall",
  expects: "it stays listed, and answers whom it has called",
  withinMs: 15_000,
  prepare: (stage) => {
    const [target] = stage.pick(1) as [number];
    const called = new Set<number>();
    const asking = new Asking(
      stage.echoes,
      target,
      (answer, witness) => answer !== undefined && stage.listed(witness, target) !== undefined,
    );
    const witnesses = stage.others([target]);
    return {
      targets: [target],
      witnesses,
      lastsMs: 60_000,
      inject: () => {
        stage.paths.hosts.set(target, { walled: true });
        for (const witness of witnesses) {
          stage.echoes.ask(target, witness, (answer) => {
            if (answer !== undefined) called.add(witness);
          });
        }
      },
      knows: (witness) => called.has(witness) && asking.knows(witness),
      revert: () => stage.paths.hosts.clear(target),
      excuses: excusesNobody,
    };
  },
};
