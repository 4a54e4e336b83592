/**
 * What faults do to the hosts of a lab, by the hosts' names, and how each of it is undone. What goes in and out is JSON: whoever does a
 * fault may be another process than the lab's owner (a running cluster's console and its launcher).
 *
 * 1. Nothing is done to a host that the lab does not have, nor to a process that is not a node's.
 * 2. What is on is known here: undoing what is not on does nothing, and `undoAll` undoes what is.
 *
 * Owner: the lab's owner. One entry per host and kind of harm, gone when it is undone; two small disks per host at most.
 */
import { appendFileSync, mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MeshError } from "@meshwork/protocol";
import type { ServicesHandle } from "../cluster/services.js";
import { faketimeLibrary } from "./abilities.js";
import { run as runCommand, tryRun } from "./command.js";
import { ControlGroup } from "./control-group.js";
import type { LabHost } from "./host.js";
import type { Lab } from "./lab.js";
import { isPerfect, type LinkShape } from "./shape.js";

export interface Hands {
  /** The links between these hosts and those others, both ways. */
  shape(hosts: readonly string[], others: readonly string[], shape: LinkShape): Promise<void>;
  /** Takes the host's address away and gives it another. Resolves with that one. */
  shiftAddress(host: string): Promise<string>;
  unshiftAddress(host: string): Promise<void>;
  /** Lets in UDP of known flows alone. A stranger knocks at `port` at once, so that it is seen that the door is shut. */
  shutDoor(host: string, port: number): Promise<void>;
  /** Resolves with the number of packets that were turned away. */
  openDoor(host: string): Promise<number>;
  /** The small disk on which the host's node was settled, to the last block. */
  fillDisk(host: string): Promise<void>;
  emptyDisk(host: string): Promise<void>;
  /** The clock by which the host's node was settled. */
  setClock(host: string, aheadMs: number, rate: number): Promise<void>;
  /** Of the host's node process, from now on. */
  limitMemory(host: string, limitBytes: number): Promise<void>;
  /** `share` of one core. */
  limitCpu(host: string, share: number): Promise<void>;
  unlimit(host: string): Promise<void>;
  setNameServer(state: "ok" | "gone"): Promise<void>;
}

const CALLS = {
  shape: true,
  shiftAddress: true,
  unshiftAddress: true,
  shutDoor: true,
  openDoor: true,
  fillDisk: true,
  emptyDisk: true,
  setClock: true,
  limitMemory: true,
  limitCpu: true,
  unlimit: true,
  setNameServer: true,
} as const satisfies Record<keyof Hands, true>;

/** Those of another process: each call is carried over with its arguments. */
export function remoteHands(carry: (call: string, args: readonly unknown[]) => Promise<unknown>): Hands {
  const calls = Object.keys(CALLS).map((call) => [call, (...args: unknown[]) => carry(call, args)] as const);
  return Object.fromEntries(calls) as unknown as Hands;
}

/** What was carried over, done here. Throws MESH_E_BAD_OPTION for what is no call of these. */
export async function callHands(hands: Hands, call: unknown, args: unknown): Promise<unknown> {
  if (typeof call !== "string" || !Object.hasOwn(CALLS, call) || !Array.isArray(args))
    throw new MeshError("MESH_E_BAD_OPTION", `${JSON.stringify(call)} is nothing that is done to a lab`);
  return (hands[call as keyof Hands] as (...args: readonly unknown[]) => Promise<unknown>)(...args);
}

/** Added to the third part of a host's address: no lab has that many hosts. */
const SHIFTED_NETWORK = 100;
const SMALL_DISK_MIB = 2;
const MAX_DISKS = 2;
const FILLER = "filler";
const CHUNK = Buffer.alloc(4_096);

export class LabHands implements Hands {
  readonly #lab: Lab;
  readonly #services: Pick<ServicesHandle, "set">;
  readonly #pidOf: (host: string) => number | undefined;
  readonly #shaped = new Set<LabHost>();
  readonly #shifted = new Set<LabHost>();
  readonly #shut = new Set<LabHost>();
  /** Newest last. */
  readonly #disks = new Map<LabHost, string[]>();
  readonly #clocks = new Set<LabHost>();
  readonly #limits = new Map<LabHost, { readonly group: ControlGroup; readonly pid: number }>();
  #diskNumber = 0;

  /** `pidOf` the node that runs on a host. */
  constructor(lab: Lab, services: Pick<ServicesHandle, "set">, pidOf: (host: string) => number | undefined) {
    this.#lab = lab;
    this.#services = services;
    this.#pidOf = pidOf;
  }

  async shape(names: readonly string[], otherNames: readonly string[], shape: LinkShape): Promise<void> {
    const checked = checkedShape(shape);
    const hosts = names.map((name) => this.#host(name));
    const others = otherNames.map((name) => this.#host(name));
    for (const host of hosts) {
      this.#shaped.add(host);
      await this.#lab.links.uplink(host, others, checked);
      if (isPerfect(checked)) this.#shaped.delete(host);
    }
  }

  async shiftAddress(name: string): Promise<string> {
    const host = this.#host(name);
    const shifted = shiftedAddress(host.address);
    if (!this.#shifted.has(host)) {
      this.#shifted.add(host);
      this.#move(host, host.address, shifted);
    }
    return shifted;
  }

  async unshiftAddress(name: string): Promise<void> {
    const host = this.#host(name);
    if (this.#shifted.delete(host)) this.#move(host, shiftedAddress(host.address), host.address);
  }

  async shutDoor(name: string, port: number): Promise<void> {
    const host = this.#host(name);
    whole("port", port, 65_535);
    this.#shut.add(host);
    this.#nft(host, "add rule inet lab input meta l4proto udp ct state new counter drop\n");
    const stranger = `echo knock > /dev/udp/${host.address}/${port}`;
    runCommand("ip", ["netns", "exec", this.#lab.hub.namespace, "bash", "-c", stranger]);
  }

  async openDoor(name: string): Promise<number> {
    const host = this.#host(name);
    if (!this.#shut.delete(host)) return 0;
    const rules = runCommand("ip", ["netns", "exec", host.namespace, "nft", "list", "table", "inet", "lab"]);
    this.#nft(host, "flush chain inet lab input\nadd rule inet lab input ct state established accept\n");
    return Number(/counter packets (\d+)/.exec(rules)?.[1] ?? 0);
  }

  /** A file system of 2 MiB. Gives its directory. */
  mountDisk(name: string): string {
    const host = this.#host(name);
    this.#diskNumber += 1;
    const path = join(this.#lab.directory, `disk-${host.name}-${this.#diskNumber}`);
    mkdirSync(path);
    this.#lab.ledger.add("mounts", path);
    runCommand("mount", ["-t", "tmpfs", "-o", `size=${SMALL_DISK_MIB}m`, "mwl", path]);
    const disks = [...(this.#disks.get(host) ?? []), path];
    for (const old of disks.splice(0, Math.max(0, disks.length - MAX_DISKS))) tryRun("umount", ["-l", old]);
    this.#disks.set(host, disks);
    return path;
  }

  async fillDisk(name: string): Promise<void> {
    fill(join(this.#diskOf(name), FILLER));
  }

  async emptyDisk(name: string): Promise<void> {
    rmSync(join(this.#diskOf(name), FILLER), { force: true });
  }

  /** The environment of a process whose wall clock goes as `setClock` says. */
  makeClock(name: string): Readonly<Record<string, string>> {
    const host = this.#host(name);
    const library = faketimeLibrary();
    if (library === undefined) throw new MeshError("MESH_E_LAB_UNABLE", "clock: libfaketime is missing");
    this.#setClock(host, 0, 1);
    return {
      LD_PRELOAD: library,
      ...{ FAKETIME_TIMESTAMP_FILE: this.#clockFile(host), FAKETIME_NO_CACHE: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1" },
    };
  }

  async setClock(name: string, aheadMs: number, rate: number): Promise<void> {
    this.#setClock(this.#host(name), whole("aheadMs", aheadMs, 86_400_000), within("rate", rate, 100));
  }

  async limitMemory(name: string, limitBytes: number): Promise<void> {
    this.#limit(name, (pid) => ControlGroup.memory(this.#lab.ledger, pid, within("limitBytes", limitBytes, 2 ** 40)));
  }

  async limitCpu(name: string, share: number): Promise<void> {
    this.#limit(name, (pid) => ControlGroup.cpu(this.#lab.ledger, pid, within("share", share, 1)));
  }

  async unlimit(name: string): Promise<void> {
    const host = this.#host(name);
    const limit = this.#limits.get(host);
    limit?.group.remove(limit.pid);
    this.#limits.delete(host);
  }

  async setNameServer(state: "ok" | "gone"): Promise<void> {
    await this.#services.set({ dns: state === "gone" ? "gone" : "ok" });
  }

  /** Names of hosts to which something is done now. */
  harmed(): readonly string[] {
    const hosts = [...this.#shaped, ...this.#shifted, ...this.#shut, ...this.#limits.keys()];
    return [...new Set(hosts.map(({ name }) => name))];
  }

  /** Says what could not be undone. */
  async undoAll(): Promise<readonly string[]> {
    const steps = [
      async () => {
        await this.#lab.links.clear();
        this.#shaped.clear();
      },
      () => this.setNameServer("ok"),
      ...[...this.#shifted].map(
        ({ name }) =>
          () =>
            this.unshiftAddress(name),
      ),
      ...[...this.#shut].map(
        ({ name }) =>
          () =>
            this.openDoor(name),
      ),
      ...[...this.#disks.keys()].map(
        ({ name }) =>
          () =>
            this.emptyDisk(name),
      ),
      ...[...this.#clocks].map(
        ({ name }) =>
          () =>
            this.setClock(name, 0, 1),
      ),
      ...[...this.#limits.keys()].map(
        ({ name }) =>
          () =>
            this.unlimit(name),
      ),
    ];
    const results: string[] = [];
    for (const step of steps) await step().catch((error: Error) => results.push(error.message));
    return results;
  }

  /** The next node on this host finds it as it was made. */
  async tidy(name: string): Promise<void> {
    await this.unshiftAddress(name);
    await this.openDoor(name);
    await this.unlimit(name);
  }

  #host(name: unknown): LabHost {
    const host = this.#lab.hosts.find((candidate) => candidate.name === name);
    if (host === undefined) throw new MeshError("MESH_E_BAD_OPTION", `the lab has no host ${JSON.stringify(name)}`);
    return host;
  }

  #move({ namespace }: LabHost, from: string, to: string): void {
    // In this order: with the first address of a network the kernel takes away all others of it.
    runCommand("ip", ["-n", namespace, "addr", "del", `${from}/16`, "dev", "eth0"]);
    runCommand("ip", ["-n", namespace, "addr", "add", `${to}/16`, "dev", "eth0"]);
    runCommand("ip", ["-n", namespace, "route", "replace", "default", "via", this.#lab.hub.address]);
  }

  #nft({ namespace }: LabHost, rules: string): void {
    runCommand("ip", ["netns", "exec", namespace, "nft", "-f", "-"], rules);
  }

  #diskOf(name: string): string {
    const disk = this.#disks.get(this.#host(name))?.at(-1);
    if (disk === undefined) throw new MeshError("MESH_E_BAD_OPTION", `host ${name} has no small disk`);
    return disk;
  }

  #clockFile({ name }: LabHost): string {
    return join(this.#lab.directory, `clock-${name}`);
  }

  #setClock(host: LabHost, aheadMs: number, rate: number): void {
    this.#clocks.add(host);
    writeFileSync(this.#clockFile(host), `+${aheadMs / 1_000}${rate === 1 ? "" : ` x${rate}`}\n`);
  }

  #limit(name: string, make: (pid: number) => ControlGroup): void {
    const host = this.#host(name);
    const pid = this.#pidOf(host.name);
    if (pid === undefined) throw new MeshError("MESH_E_BAD_OPTION", `no node runs on host ${name}`);
    if (this.#limits.has(host)) throw new MeshError("MESH_E_BAD_OPTION", `host ${name} has a limit`);
    this.#limits.set(host, { group: make(pid), pid });
  }
}

function shiftedAddress(address: string): string {
  return address
    .split(".")
    .map((part, index) => (index === 2 ? `${Number(part) + SHIFTED_NETWORK}` : part))
    .join(".");
}

function fill(path: string): void {
  writeFileSync(path, "");
  try {
    for (;;) appendFileSync(path, CHUNK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
  const { bavail } = statfsSync(path);
  if (bavail > 0) throw new Error(`${path}: ${bavail} blocks are still free`);
}

function within(what: string, value: unknown, most: number): number {
  if (typeof value !== "number" || !(value >= 0 && value <= most))
    throw new MeshError("MESH_E_BAD_OPTION", `${what}: ${JSON.stringify(value)} is not within 0 and ${most}`);
  return value;
}

function whole(what: string, value: unknown, most: number): number {
  if (!Number.isSafeInteger(value)) throw new MeshError("MESH_E_BAD_OPTION", `${what}: ${JSON.stringify(value)}`);
  return within(what, value, most);
}

/** Only what a shape has, each in its range. */
function checkedShape(shape: LinkShape): LinkShape {
  const { cut, lossPercent, delayMs, jitterMs, rateKbit } = shape ?? {};
  return {
    ...(cut === undefined ? {} : { cut: cut === true }),
    ...(lossPercent === undefined ? {} : { lossPercent: within("lossPercent", lossPercent, 100) }),
    ...(delayMs === undefined ? {} : { delayMs: within("delayMs", delayMs, 60_000) }),
    ...(jitterMs === undefined ? {} : { jitterMs: within("jitterMs", jitterMs, 60_000) }),
    ...(rateKbit === undefined ? {} : { rateKbit: whole("rateKbit", rateKbit, 10_000_000) }),
  };
}
