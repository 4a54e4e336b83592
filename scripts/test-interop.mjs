/**
 * `npm run test:interop`: our gossip against the Rust iroh-gossip, live (docs/how-to/interop.md). Builds the programs of `interop/`
 * outside the checkout, in ${XDG_CACHE_HOME:-~/.cache}/meshwork/interop-target, and runs tests/interop on them. Where cargo is missing
 * the suite is skipped, and says so.
 * Arguments: `--json`, `--strict`, `--out FILE`, `--write-vectors` (writes the golden vectors anew instead of testing), and
 * `-t PATTERN` or file names for vitest.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { parseReportFlags, Report } from "./lib/report.mjs";

const CRATES = resolve("interop");
const VECTORS = resolve("packages", "protocol", "src", "wire", "testing");
const BUILD_LIMIT_MS = 45 * 60_000;

const flags = parseReportFlags(process.argv.slice(2));
const report = new Report("interop", flags);
const cacheDir = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
const targetDir = join(cacheDir, "meshwork", "interop-target");
const binDir = join(targetDir, "debug");
const cargo = findCargo();

if (cargo === undefined) {
  report.skip("test:interop", "cargo is missing (install Rust 1.91 or newer from https://rustup.rs, or set CARGO)");
  report.finish();
  process.exitCode = flags.strict ? 1 : 0;
} else if (!build(cargo)) {
  process.exitCode = report.finish();
} else if (flags.rest.includes("--write-vectors")) {
  writeVectors();
  process.exitCode = report.finish();
} else {
  test();
  process.exitCode = report.finish({ cargo });
}

function findCargo() {
  const name = process.platform === "win32" ? "cargo.exe" : "cargo";
  const places = (process.env.PATH ?? "").split(delimiter).filter((place) => place !== "");
  const candidates = [...places, join(homedir(), ".cargo", "bin")].map((place) => join(place, name));
  return process.env.CARGO ?? candidates.find((path) => existsSync(path));
}

/** Low priority and two jobs: the machine has other work. A build that is up to date takes a second. */
function build(command) {
  const startedAt = performance.now();
  report.log(`building ${CRATES} into ${targetDir} (the first time takes some minutes) …`);
  const args = ["build", "--locked", "--jobs", "2"];
  // A `rustup` cargo must not download a toolchain that it takes to be wanted.
  const env = { ...process.env, CARGO_TARGET_DIR: targetDir, RUSTUP_AUTO_INSTALL: "0", CARGO_TERM_COLOR: "never" };
  const options = { cwd: CRATES, env, stdio: ["ignore", 2, 2], timeout: BUILD_LIMIT_MS };
  const nice = existsSync("/usr/bin/nice") ? ["/usr/bin/nice", "-n", "19", command] : [command];
  const run = spawnSync(nice[0], [...nice.slice(1), ...args], options);
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  if (run.status === 0) {
    report.log(`built in ${seconds} s`);
    return true;
  }
  report.fail(
    "build",
    `cargo ${args.join(" ")} in interop/: ${run.error?.message ?? run.signal ?? `exit code ${run.status}`}`,
  );
  return false;
}

function writeVectors() {
  for (const [file, args] of [
    ["iroh-gossip-vectors.jsonl", []],
    ["iroh-gossip-captured.jsonl", ["capture"]],
  ]) {
    const run = spawnSync(join(binDir, "vectors"), args, { encoding: "utf8", timeout: 60_000 });
    if (run.status !== 0) {
      report.fail(file, run.stderr.trim() || `ended with ${run.signal ?? run.status}`);
      continue;
    }
    writeFileSync(join(VECTORS, file), run.stdout);
    report.pass(file, { vectors: run.stdout.trim().split("\n").length });
  }
}

function test() {
  const resultsFile = resolve("out", "interop", "results.json");
  mkdirSync(resolve("out", "interop"), { recursive: true });
  rmSync(resultsFile, { force: true });
  const args = [
    join("node_modules", "vitest", "vitest.mjs"),
    "run",
    "--config",
    join("tests", "interop", "vitest.config.ts"),
    "--reporter=default",
    "--reporter=./scripts/lib/vitest-reporter.mjs",
    ...flags.rest,
  ];
  // The runner's own output goes to standard error: standard output is the summary's.
  const ended = spawnSync(process.execPath, args, {
    stdio: ["ignore", 2, 2],
    env: {
      ...process.env,
      MESH_INTEROP_BIN: binDir,
      MESH_VITEST_RESULTS: resultsFile,
      NO_COLOR: process.env.NO_COLOR ?? "1",
    },
  });
  if (!existsSync(resultsFile)) {
    report.fail("test:interop", `the test runner ended with ${ended.signal ?? ended.status} before any result`);
    return;
  }
  const { results } = JSON.parse(readFileSync(resultsFile, "utf8"));
  for (const { id, state, message, note, durationMs } of results) {
    if (state === "passed") report.pass(id, { durationMs });
    else if (state === "failed") report.fail(id, (message ?? "failed").split("\n")[0]);
    else report.skip(id, note ?? "left out by the pattern that was given");
  }
  if (ended.status !== 0 && !results.some((result) => result.state === "failed"))
    report.fail("test:interop", `the test runner ended with ${ended.signal ?? ended.status}`);
}
