/**
 * Delay without netem. Packets of a delayed link are routed into a TUN device of the sender, carried by socat in UDP to the switch
 * process in the hub (switch-process.ts), and come out of the receiver's TUN device. Addresses stay, so connections never notice but by
 * the clock; links without delay stay in the kernel. Routes are made and taken away while the nodes run.
 *
 * Owner: Links. One switch per lab and one socat per host that ever had a delayed link; all end with the lab.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { MeshError } from "@meshwork/protocol";
import { entryPath } from "../entries.js";
import { run, tryRun } from "./command.js";
import { type LabHost, onHost } from "./host.js";
import { isDelayed, type LinkShape } from "./shape.js";
import { SWITCH_PORT } from "./switch-port.js";

export const DETOUR_DEVICE = "detour";
const DEVICE_WAIT_MS = 5_000;
const POLL_MS = 10;

export class Detour {
  readonly #hub: { readonly namespace: string; readonly address: string };
  readonly #note: (pid: number) => void;
  #switch: Promise<ChildProcess> | undefined;
  readonly #hosts = new Map<LabHost, Promise<void>>();
  readonly #links = new Set<string>();

  /** `note` hears of each process that is started. */
  constructor(hub: { readonly namespace: string; readonly address: string }, note: (pid: number) => void) {
    this.#hub = hub;
    this.#note = note;
  }

  has(from: LabHost, to: LabHost): boolean {
    return this.#links.has(keyOf(from, to));
  }

  /** Whether the host has its device. */
  isOpen(host: LabHost): boolean {
    return this.#hosts.has(host);
  }

  /** The switch knows the shape before the first packet comes its way. */
  async shape(from: LabHost, to: LabHost, shape: LinkShape): Promise<void> {
    await this.#tell({ from: from.address, to: to.address, shape });
    if (!isDelayed(shape)) {
      if (this.#links.delete(keyOf(from, to)))
        run("ip", ["-n", from.namespace, "route", "del", to.address, "dev", DETOUR_DEVICE]);
      return;
    }
    await Promise.all([this.#open(from), this.#open(to)]);
    this.#links.add(keyOf(from, to));
    run("ip", ["-n", from.namespace, "route", "replace", to.address, "dev", DETOUR_DEVICE, "src", from.address]);
  }

  async #tell(message: { from: string; to: string; shape: LinkShape }): Promise<void> {
    this.#switch ??= this.#startSwitch();
    const child = await this.#switch;
    child.send(message);
    await once(child, "message");
  }

  async #startSwitch(): Promise<ChildProcess> {
    const [command, ...args] = [...onHost(this.#hub), process.execPath, entryPath("switch")] as [string, ...string[]];
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "ignore", "ipc"] });
    if (child.pid !== undefined) this.#note(child.pid);
    const ended = once(child, "exit").then(() => {
      throw new MeshError("MESH_E_LAB_FAILED", "the user-space switch ended before it listened");
    });
    ended.catch(() => {});
    await Promise.race([once(child, "message"), ended]);
    return child;
  }

  #open(host: LabHost): Promise<void> {
    let opened = this.#hosts.get(host);
    if (opened === undefined) {
      opened = this.#openDevice(host);
      this.#hosts.set(host, opened);
    }
    return opened;
  }

  async #openDevice(host: LabHost): Promise<void> {
    await this.#switch;
    const tunnel = `TUN,tun-name=${DETOUR_DEVICE},tun-type=tun,iff-no-pi,iff-up`;
    const carrier = `UDP4:${this.#hub.address}:${SWITCH_PORT},bind=${host.address}:${SWITCH_PORT}`;
    const [command, ...args] = [...onHost(host), "socat", tunnel, carrier] as [string, ...string[]];
    const child = spawn(command, args, { stdio: "ignore" });
    if (child.pid !== undefined) this.#note(child.pid);
    const deadline = performance.now() + DEVICE_WAIT_MS;
    while (!tryRun("ip", ["-n", host.namespace, "link", "show", DETOUR_DEVICE, "up"]).stdout.includes(DETOUR_DEVICE)) {
      if (performance.now() > deadline || child.exitCode !== null) {
        throw new MeshError("MESH_E_LAB_FAILED", `${host.name}: socat made no ${DETOUR_DEVICE} device`);
      }
      await sleep(POLL_MS);
    }
  }
}

const keyOf = (from: LabHost, to: LabHost) => `${from.address} ${to.address}`;
