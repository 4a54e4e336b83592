/**
 * `npm run sim -- cures`: the waits before a Graft, before and after they follow the round trip (GT1 of the gossip's RULES.md): what
 * they save and delay in a settled swarm, and whether they storm when half of it dies under load (docs/simulation.md).
 */
const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);
const LATENCIES_MS = [
  [10, 50],
  [10, 100],
  [100, 300],
];
const VARIANTS = ["graftFixed", "defaults", "graftFirst1", "graftFirst3"];
/** Figures of seeds scatter: a cure may be this much worse in the mean of all before it counts as worse. */
const SLACK = 1.02;
/** One of a thousand. */
const REACH_SLACK = 0.001;

export function curesPlan() {
  const tasks = [];
  for (const [latencyMinMs, latencyMaxMs] of LATENCIES_MS) {
    for (const variant of VARIANTS) {
      for (const seed of SEEDS) {
        const options = { seed, nodes: 200, broadcasts: 30, latencyMinMs, latencyMaxMs, killShare: 0.5, variant };
        tasks.push({ kind: "graft-waits", options });
      }
    }
  }
  return { tasks, judge };
}

function judge(finished, { check, table }) {
  const rows = [];
  for (const [latencyMinMs, latencyMaxMs] of LATENCIES_MS) {
    const latency = `${latencyMinMs}–${latencyMaxMs} ms`;
    const of = (name) =>
      finished
        .filter(({ task: { options } }) => options.latencyMaxMs === latencyMaxMs && options.variant === name)
        .map(({ result }) => result);
    for (const variant of VARIANTS) rows.push({ latency, variant, ...figures(of(variant)) });
    const [before, after] = [figures(of("graftFixed")), figures(of("defaults"))];
    const hold = (what, name, limit) =>
      check(`${latency}: ${what}`, after[name] <= limit, `${after[name]}, before ${before[name]}`);
    check(`${latency}: less redundancy`, after.rmr < before.rmr, `${after.rmr}, before ${before.rmr}`);
    hold("no later last delivery", "lastMs", before.lastMs * SLACK);
    hold("missed 0", "missed", 0);
    hold("no storm after half die", "busiestSecond", before.busiestSecond * SLACK);
    const reached = after.deliveredLater >= before.deliveredLater - REACH_SLACK;
    check(`${latency}: as many survivors reached`, reached, `${after.deliveredLater}, before ${before.deliveredLater}`);
  }
  table("200 nodes on QUIC, random sender; then half die while broadcasts go on", rows);
  return { grafts: rows };
}

function figures(results) {
  const mean = (pick) => results.reduce((sum, result) => sum + pick(result), 0) / results.length;
  const rounded = (pick, digits) => Number(mean(pick).toFixed(digits));
  return {
    rmr: rounded(({ rmr }) => rmr.mean, 3),
    lastMs: rounded(({ durationMs }) => durationMs.mean, 0),
    worstMs: Math.round(Math.max(...results.map(({ durationMs }) => durationMs.max))),
    ldh: rounded(({ ldh }) => ldh.mean, 1),
    missed: results.reduce((sum, { missed }) => sum + missed, 0),
    grafts: rounded(({ grafts }) => grafts, 3),
    deliveredAtFirst: rounded(({ deliveredAtFirst }) => deliveredAtFirst, 4),
    deliveredLater: rounded(({ deliveredLater }) => deliveredLater, 4),
    framesPerBroadcast: rounded(({ framesPerBroadcast }) => framesPerBroadcast, 2),
    busiestSecond: rounded(({ framesInBusiestSecond }) => framesInBusiestSecond, 2),
  };
}
