/** A cluster for measuring: `mesh up --json` in a temporary data directory, on a free port. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export async function startCluster(args = []) {
  const dataDir = mkdtempSync(join(tmpdir(), "meshwork-bench-"));
  const child = spawn(
    process.execPath,
    ["packages/meshwork/bin/mesh.js", "up", "--json", "--port", "0", "--data-dir", dataDir, ...args],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const exited = new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
  const cluster = { pid: child.pid, dataDir, nodes: [], started: undefined, converged: undefined };
  await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const event = JSON.parse(line);
      if (event.event === "started") cluster.started = event;
      if (event.event === "node") cluster.nodes.push(event);
      if (event.event === "converged") {
        cluster.converged = event;
        resolve();
      }
      if (event.event === "synthetic") {
        cluster.synthetic = event;
        resolve();
      }
      if (event.event === "timeout") reject(new Error(`not converged: ${line}`));
    });
    exited.then(({ code, signal }) => reject(new Error(`mesh up ended with ${signal ?? code}`)));
  });
  cluster.api = async (path, init = {}) => {
    const response = await fetch(new URL(path, cluster.started.url), {
      ...init,
      headers: { authorization: `Bearer ${cluster.started.token}`, "content-type": "application/json" },
    });
    const body = await response.json();
    if (!response.ok) throw new Error(`${path}: ${body.code} ${body.message}`);
    return body;
  };
  cluster.stop = async () => {
    child.kill("SIGTERM");
    await exited;
    rmSync(dataDir, { recursive: true, force: true });
  };
  return cluster;
}
