/**
 * What this machine can do for a lab, found by doing it in a scratch namespace: what a kernel says of itself and what it lets one do
 * differ. Each ability that is missing says why and, where a package brings it, the line that installs it.
 */
import { existsSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tryRun } from "./command.js";
import { NAT_KINDS, natRules, ROUTER_SETTINGS } from "./nat-rules.js";

export const ABILITIES = {
  namespaces: "hosts of their own: network namespaces on a bridge",
  cuts: "links cut one way or both, and loss, by nftables",
  rate: "links with a limited rate (tc htb)",
  netem: "delay, jitter and reordering by the kernel (tc netem)",
  delay: "delay and jitter: by netem, else by the user-space switch (TUN and socat)",
  reordering: "packets that overtake others: by netem, else by the user-space switch",
  mtu: "links that larger packets do not pass (nftables)",
  firewall: "a host's firewall that knows its connections (nftables conntrack)",
  "nat-full-cone": "hosts behind a NAT that lets everybody in by a port once opened",
  "nat-restricted": "the same, for addresses that were sent to",
  "nat-port-restricted": "the same, for sockets that were sent to",
  "nat-symmetric": "a NAT with another public port for each destination",
  filesystem: "a file system of a few megabytes that can be filled (tmpfs)",
  clock: "wall clocks that step and drift (libfaketime)",
  memory: "a memory limit (control group)",
  cpu: "a CPU quota (control group)",
} as const;

export type Ability = keyof typeof ABILITIES;

export interface AbilityReport {
  readonly ability: Ability;
  readonly ok: boolean;
  /** Why not, or how. */
  readonly detail: string;
  readonly install?: string;
}

export type Abilities = Readonly<Record<Ability, AbilityReport>>;

const APT = "apt-get install -y";
const FAKETIME_PLACES = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map(
  (triple) => `/usr/lib/${triple}/faketime/libfaketime.so.1`,
);

export function faketimeLibrary(): string | undefined {
  return [...FAKETIME_PLACES, "/usr/lib/faketime/libfaketime.so.1"].find((path) => existsSync(path));
}

export function probeAbilities(): Abilities {
  const found = new Map<Ability, AbilityReport>();
  const put = (ability: Ability, problem: Problem | undefined, how: string) =>
    found.set(ability, { ability, ok: problem === undefined, detail: problem?.why ?? how, ...installOf(problem) });
  const ground = groundProblem();
  const scratch = `mwlprobe${process.pid}`;
  try {
    const namespace = ground ?? namespaceProblem(scratch);
    put("namespaces", namespace, "ip netns, veth, bridge");
    for (const { ability, how, problem } of NETWORK) put(ability, namespace ?? problem(scratch), how);
    const hasNetem = found.get("netem")?.ok === true;
    const detour = hasNetem ? undefined : (namespace ?? detourProblem(scratch));
    for (const ability of ["delay", "reordering"] as const) {
      put(ability, detour, hasNetem ? "tc netem" : "the user-space switch");
    }
  } finally {
    tryRun("ip", ["netns", "del", scratch]);
  }
  put("filesystem", ground ?? tmpfsProblem(), "tmpfs");
  const library = faketimeLibrary();
  put(
    "clock",
    library === undefined ? { why: "libfaketime is missing", install: "faketime" } : undefined,
    library ?? "",
  );
  for (const controller of ["memory", "cpu"] as const) {
    put(controller, ground ?? groupProblem(controller), groupParent(controller) ?? "");
  }
  return Object.fromEntries(found) as unknown as Abilities;
}

interface Problem {
  readonly why: string;
  /** Debian's package. */
  readonly install?: string;
}

function installOf(problem: Problem | undefined): { install?: string } {
  return problem?.install === undefined ? {} : { install: `${APT} ${problem.install}` };
}

function groundProblem(): Problem | undefined {
  if (process.platform !== "linux") return { why: "it needs Linux" };
  if (process.getuid?.() !== 0) return { why: "it needs root" };
  return undefined;
}

function namespaceProblem(scratch: string): Problem | undefined {
  for (const [tool, install] of [
    ["ip", "iproute2"],
    ["setpriv", "util-linux"],
  ] as const) {
    const version = tryRun(tool, [tool === "ip" ? "-V" : "--version"]);
    if (!version.ok) return { why: `${tool}: ${version.message}`, install };
  }
  const steps = [
    ["netns", "add", scratch],
    ["-n", scratch, "link", "set", "lo", "up"],
    ["-n", scratch, "link", "add", "br0", "type", "bridge"],
    ["-n", scratch, "link", "add", "eth0", "type", "veth", "peer", "name", "port0"],
    ["-n", scratch, "link", "set", "port0", "master", "br0", "up"],
  ];
  for (const args of steps) {
    const { ok, message } = tryRun("ip", args);
    if (!ok) return { why: `ip ${args.join(" ")}: ${message}` };
  }
  return undefined;
}

const CUTS = `add table bridge probe
add set bridge probe cut { type ipv4_addr . ipv4_addr; }
add chain bridge probe forward { type filter hook forward priority 0; }
add rule bridge probe forward ip saddr . ip daddr @cut drop
add rule bridge probe forward numgen random mod 1000 < 10 drop
`;
const FIREWALL = `add table ip probe
add chain ip probe input { type filter hook input priority 0; }
add rule ip probe input ct state established accept
`;
const NARROW = `add table bridge probe
add chain bridge probe narrow
add rule bridge probe narrow ip length > 1280 drop
`;
const SINGLE_PACKETS = ["link", "set", "eth0", "gso_max_segs", "1"];
const PROBED_SIDES = {
  ...{ publicAddress: "10.77.200.1", network: "10.78.1.0/24", hubAddress: "10.77.255.254" },
  ...{ device: "lan", seed: 1 },
};

interface NetworkProbe {
  readonly ability: Ability;
  readonly how: string;
  readonly problem: (scratch: string) => Problem | undefined;
}

const NETWORK: readonly NetworkProbe[] = [
  { ability: "cuts", how: "nftables in the bridge", problem: (scratch) => nftProblem(scratch, CUTS) },
  { ability: "rate", how: "tc htb", problem: (scratch) => tcProblem(scratch, ["handle", "1:", "htb", "default", "1"]) },
  {
    ability: "netem",
    how: "tc netem",
    problem: (scratch) => tcProblem(scratch, ["netem", "delay", "1ms", "reorder", "25%"]),
  },
  {
    ability: "mtu",
    how: "nftables in the bridge",
    problem: (scratch) => nftProblem(scratch, NARROW) ?? ipProblem(scratch, SINGLE_PACKETS),
  },
  { ability: "firewall", how: "nftables conntrack", problem: (scratch) => nftProblem(scratch, FIREWALL) },
  ...NAT_KINDS.map(
    (kind): NetworkProbe => ({
      ability: `nat-${kind}`,
      how: "nftables NAT",
      problem: (scratch) => nftProblem(scratch, natRules(kind, PROBED_SIDES)) ?? shellProblem(scratch, ROUTER_SETTINGS),
    }),
  ),
];

function nftProblem(scratch: string, rules: string): Problem | undefined {
  const version = tryRun("nft", ["--version"]);
  if (!version.ok) return { why: `nft: ${version.message}`, install: "nftables" };
  const { ok, message } = tryRun("ip", ["netns", "exec", scratch, "nft", "-f", "-"], rules);
  return ok ? undefined : { why: `nft: ${message}` };
}

function ipProblem(scratch: string, args: readonly string[]): Problem | undefined {
  const { ok, message } = tryRun("ip", ["-n", scratch, ...args]);
  return ok ? undefined : { why: `ip ${args.join(" ")}: ${message}` };
}

function shellProblem(scratch: string, words: string): Problem | undefined {
  const { ok, message } = tryRun("ip", ["netns", "exec", scratch, "sh", "-c", words]);
  return ok ? undefined : { why: message };
}

function tcProblem(scratch: string, qdisc: readonly string[]): Problem | undefined {
  const { ok, message } = tryRun("tc", ["-n", scratch, "qdisc", "add", "dev", "eth0", "root", ...qdisc]);
  if (ok) tryRun("tc", ["-n", scratch, "qdisc", "del", "dev", "eth0", "root"]);
  if (ok) return undefined;
  return { why: `tc: ${message}`, ...(message === "not found" ? { install: "iproute2" } : {}) };
}

function detourProblem(scratch: string): Problem | undefined {
  const { ok, message } = tryRun("socat", ["-V"]);
  if (!ok) return { why: `socat: ${message}`, install: "socat" };
  return ipProblem(scratch, ["tuntap", "add", "dev", "tun0", "mode", "tun"]);
}

function tmpfsProblem(): Problem | undefined {
  const path = join(tmpdir(), `mwlprobe${process.pid}`);
  mkdirSync(path, { recursive: true });
  const { ok, message } = tryRun("mount", ["-t", "tmpfs", "-o", "size=1m", "mwlprobe", path]);
  if (ok) tryRun("umount", [path]);
  rmSync(path, { recursive: true, force: true });
  return ok ? undefined : { why: `mount: ${message}` };
}

/** Where groups of this controller are made: version 1's own tree, else version 2's where the controller is handed on. */
export function groupParent(controller: "memory" | "cpu"): string | undefined {
  const first = join("/sys/fs/cgroup", controller);
  if (existsSync(join(first, "cgroup.procs"))) return first;
  return existsSync(join("/sys/fs/cgroup", "cgroup.controllers")) ? "/sys/fs/cgroup" : undefined;
}

/** The file of a limit, as version 1 or 2 of control groups names it. */
export function limitFile(controller: "memory" | "cpu", group: string): string | undefined {
  const names = { memory: ["memory.limit_in_bytes", "memory.max"], cpu: ["cpu.cfs_quota_us", "cpu.max"] }[controller];
  return names.map((name) => join(group, name)).find((path) => existsSync(path));
}

function groupProblem(controller: "memory" | "cpu"): Problem | undefined {
  const parent = groupParent(controller);
  if (parent === undefined) return { why: "no control groups are mounted" };
  const group = join(parent, `mwlprobe${process.pid}`);
  try {
    mkdirSync(group);
    const file = limitFile(controller, group);
    if (file === undefined) return { why: `${parent} has no ${controller} controller to hand on` };
    writeFileSync(file, controller === "memory" ? "1073741824" : file.endsWith("cpu.max") ? "50000 100000" : "50000");
    return undefined;
  } catch (error) {
    return { why: `${group}: ${(error as Error).message}` };
  } finally {
    if (existsSync(group)) rmdirSync(group);
  }
}
