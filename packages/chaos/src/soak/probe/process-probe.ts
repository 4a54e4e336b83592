/** The probe of a process that is no node of the soak's own: console and launcher. */
import { ownFigures, serveProbe } from "./probe-server.js";

export async function serveProcessProbe(launcherPid: number): Promise<void> {
  await serveProbe(launcherPid, { figures: ({ collect }) => ownFigures(collect) });
}
