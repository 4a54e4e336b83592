/**
 * `npm run test:interop`: our gossip against the Rust iroh-gossip, live (docs/how-to/interop.md). Builds the programs of `interop/`
 * outside the checkout, in ${XDG_CACHE_HOME:-~/.cache}/meshwork/interop-target, and runs tests/interop on them. Where cargo is missing
 * the suite is skipped, and says so.
 * Arguments: `--json`, `--strict`, `--out FILE`, `--write-vectors` (writes the golden vectors anew instead of testing), and
 * `-t PATTERN` or file names for vitest.
 */
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { parseReportFlags, Report } from "./lib/report.mjs";
import { runVitest } from "./lib/vitest-run.mjs";

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
  runVitest(report, {
    config: join("tests", "interop", "vitest.config.ts"),
    args: flags.rest,
    env: { MESH_INTEROP_BIN: binDir },
  });
}
