/**
 * What every test, benchmark and chaos command prints (one place for it): results as they come, `SKIPPED <id>: <reason>` for each
 * skip, and as last line `N passed, N failed` (with `, N skipped` only where N > 0). With --json, standard output is JSON lines
 * only and the last is the summary. `--strict` also fails on skips; `--out FILE` writes the report.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export function parseReportFlags(args) {
  const flags = { json: false, strict: false, out: undefined, rest: [] };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--json") flags.json = true;
    else if (args[i] === "--strict") flags.strict = true;
    else if (args[i] === "--out") flags.out = args[++i];
    else flags.rest.push(args[i]);
  }
  return flags;
}

export class Report {
  constructor(command, { json = false, strict = false, out = undefined } = {}) {
    this.command = command;
    this.json = json;
    this.strict = strict;
    this.out = out ?? join("out", command, "report.json");
    this.results = [];
    this.startedAt = new Date();
  }

  log(line) {
    process.stderr.write(`${line}\n`);
  }

  pass(id, detail) {
    this.#add({ id, outcome: "passed", ...(detail === undefined ? {} : { detail }) });
  }

  fail(id, reason, detail) {
    this.#add({ id, outcome: "failed", reason, ...(detail === undefined ? {} : { detail }) });
  }

  skip(id, reason) {
    this.#add({ id, outcome: "skipped", reason });
  }

  count(outcome) {
    return this.results.filter((result) => result.outcome === outcome).length;
  }

  /** Prints the summary, writes the report and gives the exit code. */
  finish(extra = {}) {
    const summary = { passed: this.count("passed"), failed: this.count("failed"), skipped: this.count("skipped") };
    mkdirSync(dirname(this.out), { recursive: true });
    const report = {
      command: this.command,
      startedAt: this.startedAt.toISOString(),
      seconds: (Date.now() - this.startedAt.getTime()) / 1000,
      node: process.version,
      ...summary,
      ...extra,
      results: this.results,
    };
    writeFileSync(this.out, `${JSON.stringify(report, null, 2)}\n`);
    if (this.json) process.stdout.write(`${JSON.stringify({ event: "summary", ...summary })}\n`);
    else {
      const skipped = summary.skipped > 0 ? `, ${summary.skipped} skipped` : "";
      process.stdout.write(`${summary.passed} passed, ${summary.failed} failed${skipped}\n`);
    }
    return summary.failed > 0 || summary.passed + summary.failed === 0 || (this.strict && summary.skipped > 0) ? 1 : 0;
  }

  #add(result) {
    this.results.push(result);
    if (this.json) process.stdout.write(`${JSON.stringify({ event: "result", ...result })}\n`);
    else if (result.outcome === "failed") process.stdout.write(`FAILED ${result.id}: ${result.reason}\n`);
    else if (result.outcome === "skipped") process.stdout.write(`SKIPPED ${result.id}: ${result.reason}\n`);
  }
}
