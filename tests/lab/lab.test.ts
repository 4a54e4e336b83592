/** The lab itself: what its links do to packets, and that nothing is left of it, whichever way it ends. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { Lab, type LabHost, probeAbilities, readLedgers, removeLeftOvers } from "meshwork/chaos";
import { afterEach, beforeAll, expect, test } from "vitest";
import { eventually, isRunning, MESH_BIN } from "../support/cluster.js";

const abilities = probeAbilities();
const labs: Lab[] = [];
afterEach(async () => {
  for (const lab of labs.splice(0)) expect(await lab.down()).toEqual([]);
});
beforeAll(() => removeLeftOvers());

async function labOf(hosts: number): Promise<Lab> {
  const lab = await Lab.up({ hosts, abilities });
  labs.push(lab);
  return lab;
}

/** Share of lost packets and mean round trip, by the system's ping. */
function ping(from: LabHost, to: LabHost, count = 1): { lossPercent: number; meanMs: number } {
  const args = [
    "netns",
    "exec",
    from.namespace,
    "ping",
    "-n",
    "-q",
    "-c",
    `${count}`,
    "-i",
    "0.01",
    "-W",
    "1",
    to.address,
  ];
  let text: string;
  try {
    text = execFileSync("ip", args, { encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    text = String((error as { stdout?: string }).stdout);
  }
  return {
    lossPercent: Number(/([\d.]+)% packet loss/.exec(text)?.[1]),
    meanMs: Number(/= [\d.]+\/([\d.]+)\//.exec(text)?.[1] ?? Number.NaN),
  };
}

const namespaces = () => execFileSync("ip", ["netns", "list"], { encoding: "utf8" });

test("a cut holds one way or both, for that pair alone, and is mended", async ({ skip }) => {
  if (!abilities.cuts.ok) skip(abilities.cuts.detail);
  const lab = await labOf(3);
  const [a, b, c] = lab.hosts as [LabHost, LabHost, LabHost];
  expect(ping(a, b).lossPercent).toBe(0);
  await lab.links.shape(a, b, { cut: true });
  expect([ping(a, b).lossPercent, ping(a, c).lossPercent, ping(c, b).lossPercent]).toEqual([100, 0, 0]);
  await lab.links.clear();
  expect([ping(a, b).lossPercent, lab.links.size]).toEqual([0, 0]);
});

test("loss drops about what was asked for", async ({ skip }) => {
  if (!abilities.cuts.ok) skip(abilities.cuts.detail);
  const lab = await labOf(2);
  const [a, b] = lab.hosts as [LabHost, LabHost];
  await lab.links.shape(a, b, { lossPercent: 30 });
  const { lossPercent } = ping(a, b, 200);
  // Binomial, 200 packets: 30 % ± 4 standard deviations.
  expect(lossPercent).toBeGreaterThan(17);
  expect(lossPercent).toBeLessThan(43);
});

test("delay comes and goes while packets flow, and honours a cut laid over it", async ({ skip }) => {
  if (!abilities.delay.ok) skip(abilities.delay.detail);
  const lab = await labOf(3);
  const [a, b, c] = lab.hosts as [LabHost, LabHost, LabHost];
  await lab.links.both(a, b, { delayMs: 50 });
  const slow = ping(a, b, 10);
  expect(slow.lossPercent).toBe(0);
  expect(slow.meanMs).toBeGreaterThan(99);
  expect(slow.meanMs).toBeLessThan(130);
  expect(ping(a, c, 3).meanMs).toBeLessThan(10);
  await lab.links.both(a, b, { delayMs: 50, cut: true });
  expect(ping(a, b).lossPercent).toBe(100);
  await lab.links.both(a, b, {});
  expect(ping(a, b, 3).meanMs).toBeLessThan(10);
});

test("taking a lab down leaves nothing, twice over", async ({ skip }) => {
  if (!abilities.namespaces.ok) skip(abilities.namespaces.detail);
  const lab = await Lab.up({ hosts: 2, abilities });
  expect(namespaces()).toContain(`mwl${lab.id}`);
  expect(await lab.down()).toEqual([]);
  expect(await lab.down()).toEqual([]);
  expect(namespaces()).not.toContain(`mwl${lab.id}`);
  expect(existsSync(lab.directory)).toBe(false);
  expect(readLedgers().map(({ id }) => id)).not.toContain(lab.id);
});

test("a lab whose owner was killed loses its processes, frozen ones too, and the next lab removes the rest", async ({
  skip,
}) => {
  if (!abilities.namespaces.ok) skip(abilities.namespaces.detail);
  const program = `
    const { Lab } = await import("meshwork/chaos");
    const { spawn } = await import("node:child_process");
    const lab = await Lab.up({ hosts: 1 });
    const child = spawn("ip", ["netns", "exec", lab.hosts[0].namespace, "setpriv", "--pdeathsig", "KILL", "--", "sleep", "600"]);
    lab.ledger.addProcess(child.pid);
    setTimeout(() => { process.kill(child.pid, "SIGSTOP"); console.log(lab.id + " " + child.pid); }, 300);
  `;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await new Promise<string>((resolve) => createInterface({ input: owner.stdout }).once("line", resolve));
  const [id = "", pid = ""] = line.split(" ");
  owner.kill("SIGKILL");
  await eventually("the frozen process is gone", 5_000, async () => !isRunning(Number(pid)));
  expect(namespaces()).toContain(`mwl${id}`);
  await labOf(1);
  expect(namespaces()).not.toContain(`mwl${id}`);
});

test("mesh lab up, status and down, as a person would", ({ skip }) => {
  if (!abilities.namespaces.ok) skip(abilities.namespaces.detail);
  const mesh = (...args: string[]) =>
    execFileSync(process.execPath, [MESH_BIN, "lab", ...args, "--json"], { encoding: "utf8" });
  const up = JSON.parse(mesh("up", "--hosts", "2", ...(abilities["nat-symmetric"].ok ? ["--nat", "symmetric"] : [])));
  try {
    expect(up.hosts).toHaveLength(2);
    if (abilities["nat-symmetric"].ok) {
      const router = { name: "n1", namespace: `mwl${up.id}n1`, address: "10.77.200.1", kind: "symmetric" };
      expect(up.hosts.map(({ behind }: { behind?: object }) => behind)).toEqual([router, undefined]);
    }
    expect(JSON.parse(mesh("status")).labs.map(({ id }: { id: string }) => id)).toContain(up.id);
  } finally {
    expect(JSON.parse(mesh("down", up.id))).toMatchObject({ removed: [up.id], left: [] });
  }
  expect(JSON.parse(mesh("doctor")).abilities.length).toBeGreaterThan(5);
});
