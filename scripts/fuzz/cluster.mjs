/** The cluster that is fuzzed: a small one of its own in a directory of its own, ended with the run whatever happens. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const MESH = resolve("packages/meshwork/bin/mesh.js");
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 10_000;

/** `args` go to `mesh up`. One client sends all there is, hence no limit of its rate. */
export async function startCluster(args) {
  const dataDir = mkdtempSync(join(tmpdir(), "meshwork-fuzz-"));
  const child = spawn(
    process.execPath,
    [MESH, "up", "--json", "--port", "0", "--max-rate", "0", "--data-dir", dataDir, ...args],
    {
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const errors = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    if (errors.length < 10_000) errors.push(line);
  });
  const exited = new Promise((done) => child.once("exit", (code, signal) => done(signal ?? code)));
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const stop = async () => {
    child.kill("SIGTERM");
    const timer = setTimeout(kill, STOP_LIMIT_MS);
    const end = await exited;
    clearTimeout(timer);
    process.off("exit", kill);
    rmSync(dataDir, { recursive: true, force: true });
    return end;
  };
  const nodes = [];
  let started;
  try {
    await new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`no cluster within ${START_LIMIT_MS} ms`)), START_LIMIT_MS);
      createInterface({ input: child.stdout }).on("line", (line) => {
        const event = JSON.parse(line);
        if (event.event === "started") started = event;
        else if (event.event === "node") nodes.push(event);
        else if (event.event === "converged") {
          clearTimeout(timer);
          done();
        }
      });
      void exited.then((end) => fail(new Error(`mesh up ended with ${end}: ${errors.slice(-5).join(" | ")}`)));
    });
  } catch (error) {
    await stop();
    throw error;
  }
  const { url, token, consolePid } = started;
  return { url, token, consolePid, nodes, errors, stop };
}
