/** The console's chaos desk, in a console process of `mesh up --chaos`. Loaded there alone. */
import { ChaosDesk, chaosDirectory } from "@meshwork/chaos";
import type { Link, SupervisorOperations } from "@meshwork/supervisor/child";
import type { Telemetry } from "@meshwork/telemetry";
import { type ChaosOperations, chaosGrounds, chaosProcesses, chaosSpans } from "./chaos-processes.js";

export async function openChaosDesk(
  link: Link<SupervisorOperations & ChaosOperations>,
  telemetry: Telemetry,
): Promise<ChaosDesk> {
  return new ChaosDesk({
    processes: chaosProcesses(link),
    grounds: await chaosGrounds(link),
    directory: chaosDirectory(process.ppid),
    span: chaosSpans(telemetry),
    undone: await link.call("chaos-paid", undefined),
  });
}
