/** A second process with a copy of a node's identity. Owner: whoever does the fault; `end` takes the copy away with the process. */
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Twin } from "./chaos-cluster.js";
import type { ClusterNode } from "./cluster-node.js";

const IDENTITY_FILE = "identity.json";

/** `second` is to be the twin; `dataDir` is that of the first. */
export async function startTwin(second: ClusterNode, dataDir: string, seeds: readonly string[]): Promise<Twin> {
  const end = async () => {
    await second.kill();
    rmSync(join(second.dataDir, IDENTITY_FILE), { force: true });
  };
  mkdirSync(second.dataDir, { recursive: true, mode: 0o700 });
  cpSync(join(dataDir, IDENTITY_FILE), join(second.dataDir, IDENTITY_FILE));
  try {
    await second.start(seeds);
  } catch (error) {
    await end();
    throw error;
  }
  return { failure: async () => (await second.call("failure", {}))?.code, end };
}
