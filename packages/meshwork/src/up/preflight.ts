/** What must be true before a cluster starts, so that there is never half of one: the port is free, the data directory is ours. */
import { createServer } from "node:net";
import { makeDirectory } from "@meshwork/node";
import { MeshError } from "@meshwork/protocol";
import { findPortOwner } from "@meshwork/supervisor";
import { isAlive } from "./alive.js";
import { readConsoleFile, removeConsoleFile } from "./console-file.js";

/** Throws MESH_E_PORT_TAKEN with pid and command of the holder, as far as the system tells. */
export async function checkPort(host: string, port: number): Promise<void> {
  if (port === 0) return;
  const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const probe = createServer();
    probe.once("error", resolve);
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(undefined)));
  });
  if (failure === undefined) return;
  if (failure.code !== "EADDRINUSE")
    throw new MeshError("MESH_E_BIND", `${host}:${port}: ${failure.message}`, { cause: failure });
  throw portTaken(port);
}

/** The port, or any free one for 0: the nodes are told where the console will be before it is there. */
export async function choosePort(host: string, port: number): Promise<number> {
  if (port !== 0) return port;
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen({ host, port: 0 }, () => {
      const address = probe.address();
      const found = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(found));
    });
  });
}

export function portTaken(port: number): MeshError {
  const owner = findPortOwner(port);
  const holder =
    owner === undefined
      ? "a process that cannot be identified"
      : `process ${owner.pid} (${owner.command || "unknown command"})`;
  return new MeshError("MESH_E_PORT_TAKEN", `port ${port} is held by ${holder}`);
}

/** Creates the directory where it is missing. Throws MESH_E_CLUSTER_RUNNING where a live launcher has its console file in it. */
export function claimDataDir(dataDir: string, consoleFile: string): void {
  try {
    makeDirectory(dataDir, 0o700);
  } catch (error) {
    throw new MeshError("MESH_E_DATA_DIR", `${dataDir}: ${(error as Error).message}`, { cause: error });
  }
  const file = readStale(consoleFile);
  if (file === undefined) return;
  if (file.pid !== process.pid && isAlive(file.pid)) {
    throw new MeshError(
      "MESH_E_CLUSTER_RUNNING",
      `${dataDir}: \`mesh up\` with pid ${file.pid}, console at ${file.url}`,
    );
  }
  removeConsoleFile(consoleFile, file.pid);
}

/** A file that cannot be understood belongs to nobody who is alive: it will be written over. */
function readStale(path: string): ReturnType<typeof readConsoleFile> {
  try {
    return readConsoleFile(path);
  } catch {
    return undefined;
  }
}
