/** What `mesh up --chaos` makes before its first process and removes after its last: its directory, and what stands around the nodes. */
import { ChaosStand, chaosDirectory, makeChaosDirectory } from "@meshwork/chaos";
import type { UpOptions } from "./options.js";

/** Throws MESH_E_LAB_UNABLE. `close` tells `log` what could not be removed. */
export async function openStand(
  { lab }: Pick<UpOptions, "lab">,
  env: Readonly<Record<string, string | undefined>>,
  pidOf: (slot: string) => number | undefined,
  log: (line: string) => void,
): Promise<{ readonly stand: ChaosStand; readonly close: () => Promise<void> }> {
  const hasCollector = (env.OTEL_EXPORTER_OTLP_ENDPOINT ?? "").trim() !== "";
  const removeDirectory = makeChaosDirectory();
  try {
    const stand = await ChaosStand.open({ lab, hasCollector, pidOf, directory: chaosDirectory(process.pid) });
    const close = async () => {
      for (const left of await stand.close()) log(`chaos: still there: ${left}`);
      removeDirectory();
    };
    return { stand, close };
  } catch (error) {
    removeDirectory();
    throw error;
  }
}
