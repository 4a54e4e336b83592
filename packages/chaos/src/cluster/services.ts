/** The harness's end of the hub's services. Owner: the cluster; ends with its lab. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { MeshError } from "@meshwork/protocol";
import { entryPath } from "../entries.js";
import { onHost } from "../lab/host.js";
import type { Lab } from "../lab/lab.js";
import { COLLECTOR_PORT, type Services } from "./services-protocol.js";

export class ServicesHandle {
  readonly collectorUrl: string;
  readonly #child: ChildProcess;
  #state: Services = { collector: "gone", dns: "ok" };

  static async start(lab: Lab): Promise<ServicesHandle> {
    const [command, ...args] = [...onHost(lab.hub), process.execPath, entryPath("services")] as [string, ...string[]];
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    if (child.pid !== undefined) lab.ledger.addProcess(child.pid);
    const ended = once(child, "exit").then(() => {
      throw new MeshError("MESH_E_LAB_FAILED", "collector and name server ended before they listened");
    });
    ended.catch(() => {});
    await Promise.race([once(child, "message"), ended]);
    const services = new ServicesHandle(child, `http://${lab.hub.address}:${COLLECTOR_PORT}`);
    await services.set({ collector: "ok" });
    return services;
  }

  private constructor(child: ChildProcess, collectorUrl: string) {
    this.#child = child;
    this.collectorUrl = collectorUrl;
  }

  async set(change: Partial<Services>): Promise<void> {
    this.#state = { ...this.#state, ...change };
    this.#child.send(this.#state);
    await once(this.#child, "message");
  }
}
