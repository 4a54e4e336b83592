/** The cluster of a test that needs processes of `mesh up`; its data goes with it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SoakCluster } from "@meshwork/chaos";
import { launchCluster } from "../soak/launched-cluster.js";

export async function launchForTest(
  bundleUrl: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<SoakCluster> {
  const dataDir = mkdtempSync(join(tmpdir(), "meshwork-test-data-"));
  const remove = () => rmSync(dataDir, { recursive: true, force: true });
  try {
    const cluster = await launchCluster({ bundleUrl, dataDir, env, log: () => {}, signal });
    void cluster.ended.then(remove);
    return cluster;
  } catch (error) {
    remove();
    throw error;
  }
}
