/**
 * `npm run fuzz -- http | otlp | wire | self-test [--minutes N] [--seed S] [--case I]`: fuzzing of a running system (docs/how-to/testing.md).
 *
 *   http   requests made from the console's own document, at the console of a small cluster started for it
 *   otlp   telemetry bodies as nodes send them, mutated, at the same
 *   wire   random and mutated frames at every tag to a node, over real connections
 *   self-test   each finds what was planted
 *
 * `--url` and `--token` fuzz a console that runs already. `--case I` makes one case of a seed again. `--json`, `--out FILE`, `--strict`
 * as everywhere. The seed is printed first; a run without one takes it from the clock. Ends with `N passed, N failed`.
 */

import { startCluster } from "./fuzz/cluster.mjs";
import { fuzzHttp } from "./fuzz/http.mjs";
import { fuzzOtlp } from "./fuzz/otlp.mjs";
import { selfTest } from "./fuzz/self-test.mjs";
import { fuzzWire } from "./fuzz/wire.mjs";
import { parseReportFlags, Report } from "./lib/report.mjs";

const untilOf = (minutes) => ({ untilMs: performance.now() + minutes * 60_000 });
const SUITES = {
  http: (options) => atConsole(fuzzHttp, options),
  otlp: (options) => atConsole(fuzzOtlp, options),
  "self-test": ({ seed }) => selfTest({ seed, report, namesOf }),
  wire: ({ seed, minutes, only }) => fuzzWire({ seed, only, report, stopAt: untilOf(minutes) }),
};
/** Enough nodes for every kind of answer, few enough for a small machine. */
const CLUSTER = ["--mesh", "mesh1", "--types", "gateway=1,broker=2", "--max-nodes", "5", "--no-traffic"];

const flags = parseReportFlags(process.argv.slice(2));
const [name, ...rest] = flags.rest;
if (!Object.hasOwn(SUITES, name ?? "")) usage(`there are ${Object.keys(SUITES).join(", ")}`);
const options = optionsOf(rest);
const report = new Report(`fuzz-${name}`, flags);
report.log(`seed ${options.seed}`);
try {
  await SUITES[name](options);
} catch (error) {
  report.fail(name, error.stack ?? String(error));
}
process.exitCode = report.finish({ seed: options.seed, minutes: options.minutes });

async function atConsole(fuzz, { seed, minutes, only, url, token }) {
  const cluster = url === undefined ? await startCluster(CLUSTER) : undefined;
  try {
    const target = cluster ?? { url, token };
    const order = { seed, only, report, stopAt: untilOf(minutes) };
    await fuzz({ target: { ...target, names: () => namesOf(target) }, ...order });
    const told = (cluster?.errors ?? []).filter(
      (line) => line.startsWith("console:") || line.includes("the console's process ended"),
    );
    if (told.length === 0) report.pass("no defect told");
    else report.fail("no defect told", told[0].slice(0, 500), { lines: told.length });
  } finally {
    await cluster?.stop();
  }
}

/** Names, ids and prefixes of the nodes that are there now. */
async function namesOf({ url, token }) {
  const response = await fetch(`${url}/api/nodes`, { headers: { authorization: `Bearer ${token}` } });
  const { nodes } = await response.json();
  const known = nodes.filter((node) => node.name !== null).sort((a, b) => a.name.localeCompare(b.name));
  return [
    ...known.map((node) => node.name),
    ...known.map((node) => node.id),
    "mesh1.",
    "mesh1.broker.",
    "mesh9.none.aaaaaa",
  ];
}

function optionsOf(args) {
  const given = { minutes: 1, seed: Date.now() % 2 ** 32, only: undefined, url: undefined, token: undefined };
  for (let i = 0; i < args.length; i += 2) {
    const [flag, value] = [args[i], args[i + 1]];
    if (flag === "--url" || flag === "--token") given[flag.slice(2)] = value;
    else if (["--minutes", "--seed", "--case"].includes(flag) && Number(value) >= 0)
      given[flag === "--case" ? "only" : flag.slice(2)] = Number(value);
    else usage(`${flag} ${value ?? ""} is not understood`);
  }
  return given;
}

function usage(line) {
  process.stderr.write(`fuzz: ${line}\n`);
  process.exit(2);
}
