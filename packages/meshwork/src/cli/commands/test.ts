/** `mesh test`: tests of meshes of its own, started for each and removed with it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { MESH_TESTS, type MeshTest, runMeshTests, type TestResult } from "@meshwork/chaos";
import type { Command } from "commander";
import { type CommandContext, examples, jsonOption, numberWithin, printJson } from "../command.js";
import { EXIT, usage } from "../failure.js";
import { duration } from "../format.js";
import { table } from "../table.js";

interface TestFlags {
  readonly list?: boolean;
  readonly seed?: number;
  readonly out: string;
  readonly strict?: boolean;
  readonly json?: boolean;
}

const DEFAULT_REPORT = "out/test/report.json";

export function addTest(program: Command, context: CommandContext): void {
  program
    .command("test")
    .description("test meshes of its own: frames, streams, whole swarms, short soaks")
    .argument("[test...]", "as --list names them (default: all)")
    .option("--list", "what there is, what each checks and how long it takes")
    .option("--seed <n>", "what is drawn is drawn from it (default: the time)", numberWithin(0, 2 ** 32 - 1, true))
    .option("--strict", "a test that was skipped counts as a failure")
    .option("--out <file>", "where the report goes", DEFAULT_REPORT)
    .addOption(jsonOption())
    .addHelpText("after", examples(["mesh test --list", "mesh test mesh-to-mesh half-removed", "mesh test --json"]))
    .action((names: string[], flags: TestFlags) =>
      flags.list === true ? list(context, flags) : run(context, names, flags),
    );
}

function list(context: CommandContext, { json }: TestFlags): void {
  const tests = MESH_TESTS.map(({ name, checks, expectedMs }) => ({ name, checks, expectedMs }));
  if (json === true) {
    printJson(context, { tests });
    return;
  }
  context.io.out(
    table(
      [
        { title: "test", cell: ({ name }) => name },
        { title: "takes", cell: ({ expectedMs }) => duration(expectedMs), align: "right" },
        { title: "checks that", cell: ({ checks }) => checks },
      ],
      tests,
      context.io.columns,
    ),
  );
}

async function run(context: CommandContext, names: readonly string[], flags: TestFlags): Promise<void> {
  const { io } = context;
  const tests = names.length === 0 ? MESH_TESTS : names.map(testNamed);
  const seed = flags.seed ?? Date.now() % 2 ** 32;
  const signal = io.untilInterrupted();
  const startedAt = new Date();
  const results = await runMeshTests({
    tests,
    seed,
    signal,
    launch: async (until) => {
      // Loaded here: most tests need none.
      const { launchForTest } = await import("../../mesh-test/launch-for-test.js");
      return launchForTest(context.bundleUrl, io.env, until);
    },
    onStart: ({ name, expectedMs }) => io.err(`${name}: about ${duration(expectedMs)}\n`),
    onProgress: ({ name }, text) => io.err(`${name}: ${text}\n`),
    onResult: (result) => printResult(context, result, flags.json === true),
  });
  finish(context, results, { flags, seed, startedAt, interrupted: signal.aborted });
}

function testNamed(name: string): MeshTest {
  const test = MESH_TESTS.find((candidate) => candidate.name === name);
  if (test === undefined)
    throw usage(`there is no test ${name}; there are ${MESH_TESTS.map((one) => one.name).join(", ")}`);
  return test;
}

function printResult(context: CommandContext, result: TestResult, json: boolean): void {
  if (json) {
    printJson(context, { event: "result", ...result });
    return;
  }
  const { name, outcome, detail, reasons, tookMs } = result;
  if (outcome === "passed") context.io.out(`passed ${name} in ${duration(tookMs)}: ${detail}\n`);
  else context.io.out(`FAILED ${name} after ${duration(tookMs)}: ${reasons.join("; ")}\n`);
}

interface Ending {
  readonly flags: TestFlags;
  readonly seed: number;
  readonly startedAt: Date;
  readonly interrupted: boolean;
}

function finish(context: CommandContext, results: readonly TestResult[], ending: Ending): void {
  const { flags, seed, startedAt, interrupted } = ending;
  const passed = results.filter(({ outcome }) => outcome === "passed").length;
  const summary = { passed, failed: results.length - passed, skipped: 0 };
  const path = resolve(context.io.cwd, flags.out);
  mkdirSync(dirname(path), { recursive: true });
  const seconds = (Date.now() - startedAt.getTime()) / 1_000;
  const head = { command: "test", startedAt: startedAt.toISOString(), seconds, seed };
  writeFileSync(path, `${JSON.stringify({ ...head, ...summary, results }, null, 2)}\n`);
  context.io.err(`seed ${seed}; report in ${path}\n`);
  if (flags.json === true) printJson(context, { event: "summary", ...summary });
  else context.io.out(`${summary.passed} passed, ${summary.failed} failed\n`);
  context.setExitCode(summary.failed > 0 || interrupted || passed === 0 ? EXIT.failed : EXIT.ok);
}
