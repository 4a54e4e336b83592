/** The bootstrap in order: platform, lock, dependencies, build, callers still there, job. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { callersAbove, firstGone } from "./callers.mjs";
import { runJob, runStep, StepFailed } from "./commands.mjs";
import { cleanEnvironment, npmCommand } from "./environment.mjs";
import { markInstalled, whyInstall } from "./install-state.mjs";
import { acquireLock } from "./lock.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Job -> script and its fixed first arguments. `prepare` stops before any job. */
const JOBS = {
  start: ["packages/meshwork/bin/mesh.js", "up"],
  test: ["scripts/test.mjs"],
  "test:browser": ["scripts/test-browser.mjs"],
  "test:interop": ["scripts/test-interop.mjs"],
  "test:lab": ["scripts/test-lab.mjs"],
  "test:full": ["scripts/test-full.mjs"],
  bench: ["bench/run.mjs"],
  sim: ["scripts/sim.mjs"],
  fuzz: ["scripts/fuzz.mjs"],
  prepare: [],
};

const PLATFORMS = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"];

const say = (line) => process.stderr.write(`meshwork: ${line}\n`);

export async function main([job, ...args]) {
  if (!Object.hasOwn(JOBS, job ?? "")) {
    say(`no such job '${job ?? ""}'; there are: ${Object.keys(JOBS).join(", ")}`);
    return exit(2);
  }
  const platform = `${process.platform}-${process.arch}`;
  if (!PLATFORMS.includes(platform)) {
    say(`there is no build of the transport for ${platform}; it runs on ${PLATFORMS.join(", ")}`);
    return exit(1);
  }
  const callers = callersAbove(process.pid);
  try {
    await prepare();
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    process.stderr.write(`${error.message}\n`);
    return exit(error.exitCode);
  }
  if (job === "prepare") return exit(0);

  const gone = firstGone(callers);
  if (gone) {
    say(`'${gone.name}' (${gone.pid}), which called this, is gone: not starting`);
    return exit(1);
  }
  const [script, ...fixed] = JOBS[job];
  if (!existsSync(join(root, script))) {
    say(`${script} is missing in this checkout`);
    return exit(1);
  }
  return exit(await runJob(root, [script, ...fixed, ...args]));
}

/** Everything under one lock: two at once in a checkout would install over each other. */
async function prepare() {
  const lock = await acquireLock(join(root, "out", "bootstrap.lock"), (pid) =>
    say(`waiting for process ${pid}, which is setting up this checkout`),
  );
  try {
    const env = cleanEnvironment(process.env);
    const reason = whyInstall(root);
    if (reason !== undefined) {
      const [command, ...npmArgs] = npmCommand(process.env, process.execPath);
      // No install script of a dependency is run: none is needed, and so none can compile or download anything.
      const args = [
        ...npmArgs,
        "ci",
        "--include=dev",
        "--ignore-scripts",
        "--loglevel=error",
        "--no-audit",
        "--no-fund",
      ];
      await runStep({ what: `installing dependencies (${reason})`, command, args, cwd: root, env, lock, quietMs: 0 });
      markInstalled(root);
    }
    const args = ["scripts/build.mjs"];
    await runStep({ what: "building", command: process.execPath, args, cwd: root, env, lock, quietMs: 700 });
  } finally {
    lock.release();
  }
}

function exit(code) {
  process.exitCode = code;
}
