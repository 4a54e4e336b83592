/** `mesh soak` and `mesh soak report`: the plan from the flags, the run, the files, the lines and the exit code. */
import { randomInt } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  buildReport,
  loadState,
  makePlaces,
  newSoakState,
  PROCESS_FAULTS,
  renderReport,
  runSoak,
  type SoakReport,
  type SoakState,
  saveState,
} from "@meshwork/chaos";
import type { CommandContext } from "../cli/command.js";
import type { SoakFlags } from "../cli/commands/soak.js";
import { EXIT, usage } from "../cli/failure.js";
import { DEFAULT_MESHES, DEFAULT_TYPES, parseTypes } from "../up/options.js";
import { launchCluster } from "./launched-cluster.js";
import { commitOf, machineOf } from "./provenance.js";

const PLANTED_BYTES_PER_HOUR = 4e6;
const MAX_DRAWN_SEED = 1_000_000;

interface Output {
  readonly json?: boolean;
  readonly strict?: boolean;
}

export async function soakCommand(context: CommandContext, flags: SoakFlags): Promise<number> {
  const { io } = context;
  const state = flags.continue === undefined ? begin(flags) : goOn(resolve(io.cwd, flags.continue));
  const directory = resolve(io.cwd, flags.continue ?? flags.out ?? defaultDirectory(state.plan.seed));
  const signal = io.untilInterrupted();
  const say = (text: string) => progress(context, flags, text);
  say(`seed ${state.plan.seed}; state and reports in ${directory}`);
  const dataDir = mkdtempSync(join(tmpdir(), "meshwork-soak-data-"));
  try {
    const startedAtMs = performance.now();
    say(`starting a console and ${state.places.length} nodes`);
    const cluster = await launchCluster({
      bundleUrl: context.bundleUrl,
      dataDir,
      env: io.env,
      // Of whoever is killed here the launcher says that it ended by itself; who really does, the soak sees for itself.
      log: (line) => line.endsWith(" ended by itself") || flags.json || io.err(`  ${line}\n`),
      signal,
    });
    try {
      state.parts.push({
        startedAt: new Date().toISOString(),
        fromMs: state.elapsedMs,
        convergedMs: performance.now() - startedAtMs,
      });
      state.status = "running";
      await runSoak({
        state,
        cluster,
        faults: PROCESS_FAULTS,
        checkpoint: (latest) => saveState(directory, latest),
        progress: say,
        signal,
      });
    } finally {
      saveState(directory, state);
      await cluster.close();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
  return finish(context, directory, state, flags);
}

export function reportCommand(context: CommandContext, dir: string, output: Output): number {
  const directory = resolve(context.io.cwd, dir);
  const state = loadState(directory);
  if (state === undefined) throw usage(`${directory} holds no soak`);
  return finish(context, directory, state, output);
}

function begin(flags: SoakFlags): SoakState {
  const chosen = flags.faults ?? PROCESS_FAULTS.map(({ name }) => name);
  const stranger = chosen.find((name) => !PROCESS_FAULTS.some((fault) => fault.name === name));
  if (stranger !== undefined)
    throw usage(`--faults ${stranger}: there are ${PROCESS_FAULTS.map(({ name }) => name).join(", ")}`);
  const seed = flags.seed ?? randomInt(MAX_DRAWN_SEED);
  const faults = PROCESS_FAULTS.filter(({ name }) => chosen.includes(name));
  const places = makePlaces(DEFAULT_MESHES, parseTypes(DEFAULT_TYPES));
  return newSoakState({
    command: commandLine(flags, seed),
    commit: commitOf(),
    machine: machineOf(),
    plan: {
      seed,
      durationMs: flags.duration,
      intervalMs: flags.interval,
      churnMs: flags.churn ?? null,
      faults: faults.map(({ name, endsProcess }) => ({ name, endsProcess })),
    },
    plantedLeak: flags.plantLeak
      ? { place: places.find(({ mortal }) => !mortal)?.index ?? 0, bytesPerHour: PLANTED_BYTES_PER_HOUR }
      : null,
    places,
  });
}

function goOn(directory: string): SoakState {
  const state = loadState(directory);
  if (state === undefined) throw usage(`--continue ${directory}: there is no soak`);
  if (state.elapsedMs >= state.plan.durationMs) throw usage(`--continue ${directory}: it has run its whole time`);
  return state;
}

function defaultDirectory(seed: number): string {
  return join("out", "soak", `${seed}-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}`);
}

function commandLine(flags: SoakFlags, seed: number): string {
  const span = (ms: number) => (ms % 60_000 === 0 ? `${ms / 60_000}m` : `${ms / 1_000}s`);
  const faults = flags.faults === undefined ? "" : ` --faults ${flags.faults.join(",")}`;
  const churn = flags.churn === undefined ? "" : ` --churn ${span(flags.churn)}`;
  const leak = flags.plantLeak ? " --plant-leak" : "";
  return `mesh soak --duration ${span(flags.duration)} --seed ${seed} --interval ${span(flags.interval)}${faults}${churn}${leak}`;
}

function progress(context: CommandContext, output: Output, text: string): void {
  if (output.json) context.io.out(`${JSON.stringify({ event: "progress", text })}\n`);
  else context.io.err(`${text}\n`);
}

function finish(context: CommandContext, directory: string, state: SoakState, output: Output): number {
  const report = buildReport(state);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "report.json"), `${JSON.stringify(report, undefined, 1)}\n`);
  writeFileSync(join(directory, "report.html"), renderReport(report));
  printChecks(context, report, join(directory, "report.html"), output);
  const { failed, skipped } = report.counts;
  return failed > 0 || (output.strict === true && skipped > 0) ? EXIT.failed : EXIT.ok;
}

function printChecks(context: CommandContext, report: SoakReport, path: string, output: Output): void {
  const { io } = context;
  const { passed, failed, skipped } = report.counts;
  if (output.json) {
    for (const check of report.checks) io.out(`${JSON.stringify({ event: "check", ...check })}\n`);
    io.out(`${JSON.stringify({ event: "report", path })}\n`);
    io.out(`${JSON.stringify({ event: "summary", passed, failed, skipped })}\n`);
    return;
  }
  for (const { id, outcome, detail } of report.checks)
    io.out(outcome === "skipped" ? `SKIPPED ${id}: ${detail}\n` : `${outcome.padEnd(7)} ${id}: ${detail}\n`);
  io.err(`report: ${path}\n`);
  io.out(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
}
