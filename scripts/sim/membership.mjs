/**
 * `npm run sim -- membership`: what the design promises of membership (design.md, "Failure detection", "Healing", "Numbers to beat"), at
 * 18 and 100 nodes with 20 seeds and at 1,000 with one, 10–50 ms from each to each. One mesh a task goes through all its cases. The
 * directories of 1,000 nodes are handed over while they boot, and their bad weather lasts a quarter of an hour: an hour of it takes as
 * long as all the rest.
 */
import { Histogram } from "../../packages/simulator/dist/index.js";

const TOUR = ["idle", "newcomer", "crash", "split-one", "split-half", "mass-crash"];
/** Nodes, seeds, and what a task of them goes through; the longest tasks first. */
const SIZES = [
  { nodes: 18, seeds: 20, tours: [["weather", ...TOUR]] },
  { nodes: 100, seeds: 20, tours: [["weather", ...TOUR]] },
  { nodes: 1_000, seeds: 1, tours: [TOUR, ["weather"]], longUp: true, weatherMs: 900_000 },
];
/** A node that was cut off for an hour: no bar, and seen with fewer seeds. */
const CUT_OFF = [
  { nodes: 18, seeds: 3 },
  { nodes: 100, seeds: 3 },
];
const CASES = ["weather", "cut-off", ...TOUR];
const BARS = {
  crashP99Ms: 5_000,
  massCrashP99Ms: 60_000,
  floods: 3,
  healedMs: 30_000,
  completeMs: 1_000,
  bytesPerNodeSecond: 1_000,
  /** At the largest size, of those at the smallest. */
  bytesGrowth: 1.5,
};

/** `nodes`, `seeds`, `only`: less than all, while looking for something. */
export function membershipPlan({ nodes, seeds, only } = {}) {
  const tasks = [];
  const add = (size, cases) => {
    const wanted = cases.filter((name) => only === undefined || only === name);
    if (wanted.length === 0 || (nodes !== undefined && nodes !== size.nodes)) return;
    for (let seed = 1; seed <= Math.min(size.seeds, seeds ?? size.seeds); seed++) {
      const { nodes, longUp, weatherMs } = size;
      tasks.push({ kind: "membership", options: { seed, nodes, longUp, weatherMs, cases: wanted } });
    }
  };
  for (const size of [...SIZES].reverse()) for (const tour of size.tours) add(size, tour);
  for (const size of [...CUT_OFF].reverse()) add(size, ["cut-off"]);
  return { tasks, judge };
}

function judge(finished, { check, table }) {
  const figures = { detection: [], healing: [], joining: [], traffic: [], weather: [] };
  for (const { nodes } of SIZES) {
    for (const name of CASES) {
      const runs = finished
        .filter(({ task }) => task.options.nodes === nodes)
        .flatMap(({ task, result }) =>
          result.cases.filter((found) => found.case === name).map((found) => ({ task, result: found })),
        );
      if (runs.length > 0) judgeCase(name, nodes, runs, figures, check);
    }
  }
  const [smallest, largest] = [figures.traffic.at(0), figures.traffic.at(-1)];
  if (smallest !== undefined && smallest !== largest) {
    const growth = round(largest.bytesPerNodeSecond / smallest.bytesPerNodeSecond, 2);
    const what = `${largest.nodes} nodes have ${growth} times the bytes of ${smallest.nodes}`;
    check(`bytes per node and second grow by ${BARS.bytesGrowth} at the most`, growth <= BARS.bytesGrowth, what);
  }
  table("from a death to each survivor's directory", figures.detection);
  table("from the end of a cut to one component with equal directories", figures.healing);
  table("newcomers", figures.joining);
  table("10 % loss, 200 ms of jitter, and each node frozen for 2 s every 10 min", figures.weather);
  table("ten idle minutes, application bytes per node and second", figures.traffic);
  return figures;
}

function judgeCase(name, nodes, runs, figures, check) {
  const results = runs.map(({ result }) => result);
  const id = `${name}, ${nodes} nodes`;
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  const worst = (key) =>
    runs.map(({ task, result }) => `seed ${task.options.seed}: ${describe(result[key])}`).join("; ");
  const falseDeaths = results.reduce((total, { falseDeaths: some }) => total + some.length, 0);
  const left = { divergent: sum("divergent"), components: Math.max(...results.map(({ components }) => components)) };
  check(`${id}: no false death`, falseDeaths === 0, worst("falseDeaths"));
  check(`${id}: nobody who runs expires`, sum("falseExpiries") === 0, worst("falseExpiries"));
  check(`${id}: one mesh at the end`, left.divergent === 0 && left.components === 1, JSON.stringify(left));
  const seeds = runs.length;
  const common = { nodes, seeds };
  switch (name) {
    case "crash":
    case "mass-crash": {
      const row = {
        case: name,
        ...common,
        ...times(results, "detections"),
        ...floodsOf(results),
        falseDeaths,
        ...left,
      };
      figures.detection.push({ ...row, isolated: sum("isolated"), meanView: mean(results, "meanView") });
      const bar = name === "crash" ? BARS.crashP99Ms : BARS.massCrashP99Ms;
      check(
        `${id}: known everywhere within ${bar / 1_000} s, p99`,
        row.samples > 0 && row.p99Ms <= bar,
        worst("detections"),
      );
      check(
        `${id}: ${BARS.floods} floods per death at the most`,
        row.maxFloods <= BARS.floods,
        worst("floodsPerDeath"),
      );
      break;
    }
    case "split-half":
    case "split-one":
    case "cut-off": {
      const row = { case: name, ...common, ...times(results, "healedMs") };
      figures.healing.push({ ...row, falseDeaths, ...left, isolated: sum("isolated") });
      check(
        `${id}: healed within ${BARS.healedMs / 1_000} s`,
        row.samples > 0 && row.maxMs <= BARS.healedMs,
        worst("healedMs"),
      );
      break;
    }
    case "newcomer": {
      const row = { ...common, ...times(results, "completeMs") };
      const known = times(results, "knownMs");
      figures.joining.push({ ...row, knownP50Ms: known.p50Ms, knownMaxMs: known.maxMs });
      check(
        `${id}: complete within ${BARS.completeMs} ms`,
        row.samples > 0 && row.maxMs <= BARS.completeMs,
        worst("completeMs"),
      );
      break;
    }
    case "weather":
      figures.weather.push({
        ...common,
        hours: round(sum("virtualMs") / 3_600_000, 1),
        falseDeaths,
        deadMarks: sum("marks"),
        suspicions: sum("suspicions"),
        bytesPerNodeSecond: Math.round(mean(results, "bytesPerNodeSecond")),
        ...left,
      });
      break;
    case "idle": {
      const bytesPerNodeSecond = Math.round(mean(results, "bytesPerNodeSecond"));
      const most = Math.round(Math.max(...results.map((result) => result.bytesPerNodeSecond)));
      figures.traffic.push({ ...common, bytesPerNodeSecond, most, ...sentByKind(results) });
      const bar = BARS.bytesPerNodeSecond;
      check(`${id}: ${bar} bytes per node and second at the most`, most <= bar, worst("bytesPerNodeSecond"));
    }
  }
}

function times(results, key) {
  const all = Histogram.of(...results.map((result) => result[key]));
  const at = (share) => all.quantileMs(share);
  return { samples: all.count + all.missing, never: all.missing, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

function floodsOf(results) {
  const floods = results.flatMap(({ floodsPerDeath }) => floodsPerDeath);
  const meanFloods = round(floods.reduce((total, count) => total + count, 0) / floods.length, 2);
  return { deaths: floods.length, meanFloods, maxFloods: Math.max(...floods) };
}

/** Sent bytes by what they are for; what is below one in a hundred is left out. */
function sentByKind(results) {
  const kinds = new Map();
  for (const { bytesByKind } of results) {
    for (const [kind, bytes] of Object.entries(bytesByKind)) kinds.set(kind, (kinds.get(kind) ?? 0) + bytes);
  }
  const total = [...kinds.values()].reduce((sum, bytes) => sum + bytes, 0);
  const large = [...kinds].filter(([, bytes]) => bytes >= total / 100).sort(([, a], [, b]) => b - a);
  return { sent: large.map(([kind, bytes]) => `${kind} ${Math.round(bytes / results.length)}`).join(" ") };
}

function describe(value) {
  if (Array.isArray(value)) return typeof value[0] === "number" ? Math.max(...value) : value.length;
  if (typeof value !== "object") return value;
  const times = Histogram.of(value);
  return `${times.quantileMs(0.99)} ms p99, ${times.quantileMs(1)} ms, never ${times.missing}`;
}

function mean(results, key) {
  return round(results.reduce((total, result) => total + result[key], 0) / results.length, 2);
}

function round(value, digits) {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
