/** What links do to datagrams: which sizes pass, in which order they arrive, how fast. */
import { execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Lab, type LabHost, type LinkShape, probeAbilities } from "meshwork/chaos";
import { afterEach, expect, test } from "vitest";
import { UdpHost, type UdpSocket } from "./support/udp-host.js";

const abilities = probeAbilities();
const labs: Lab[] = [];
afterEach(async () => {
  for (const lab of labs.splice(0)) expect(await lab.down()).toEqual([]);
});

/** A socket on each of two hosts. */
async function labOfTwo() {
  const lab = await Lab.up({ hosts: 2, abilities });
  labs.push(lab);
  const [a, b] = lab.hosts as [LabHost, LabHost];
  const [from, to] = await Promise.all([a, b].map(async (host) => (await UdpHost.on(lab, host)).open()));
  return { lab, a, b, from: from as UdpSocket, to: to as UdpSocket };
}

const HEADERS_BYTES = 28;
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);

for (const [how, delay, needs] of [
  ["in the kernel", {}, abilities.mtu],
  ["delayed ones too", { delayMs: 5 }, abilities.delay],
] as const) {
  test(`packets above a link's MTU do not pass, one way: ${how}`, async ({ skip }) => {
    for (const { ok, detail } of [abilities.mtu, needs]) if (!ok) skip(detail);
    const { lab, a, b, from, to } = await labOfTwo();
    const send = (text: string, packetBytes: number) =>
      from.send(text, b.address, to.port, packetBytes - HEADERS_BYTES);
    await lab.links.shape(a, b, { mtuBytes: 1_300, ...delay });
    await send("above", 1_301);
    await send("full", 1_300);
    await to.receives("full");
    expect(to.texts).toEqual(["full"]);
    await to.send("back", a.address, from.port, 1_400);
    await from.receives("back");
    await lab.links.shape(a, b, delay);
    await send("wide again", 1_301);
    await to.receives("wide again");
  });
}

/** Merged ones would be dropped, and sent again one by one: a minute. */
const STREAM_WITHIN_MS = 15_000;

test(
  "an MTU counts packets as they are on the wire: a stream whose packets the kernel hands over merged passes",
  async ({ skip }) => {
    if (!abilities.mtu.ok) skip(abilities.mtu.detail);
    const { lab, a, b } = await labOfTwo();
    await lab.links.both(a, b, { mtuBytes: 1_300 });
    // The receiver asks for packets of 1,280 bytes.
    const route = ["route", "change", "10.77.0.0/16", "dev", "eth0", "advmss", "1240"];
    execFileSync("ip", ["-n", b.namespace, ...route]);
    const lines = linesOf(lab, b, RECEIVER);
    const port = (await lines.next()).value;
    linesOf(lab, a, `require("node:net").connect(${port}, "${b.address}").end(Buffer.alloc(1_000_000))`);
    expect(await lines.next()).toMatchObject({ value: "1000000 bytes" });
  },
  STREAM_WITHIN_MS,
);

/** Prints its port, and what it got. */
const RECEIVER = `
  const server = require("node:net").createServer((socket) => {
    let bytes = 0;
    socket.on("data", (chunk) => { bytes += chunk.length; }).on("end", () => console.log(bytes + " bytes"));
  }).listen(0, () => console.log(server.address().port));
`;

function linesOf(lab: Lab, { namespace }: LabHost, program: string): AsyncIterator<string> {
  const onHost = ["netns", "exec", namespace, "setpriv", "--pdeathsig", "KILL", "--"];
  const stdio = ["ignore", "pipe", "inherit"] as const;
  const child = spawn("ip", [...onHost, process.execPath, "-e", program], { stdio: [...stdio] });
  if (child.pid !== undefined) lab.ledger.addProcess(child.pid);
  return createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
}

test("packets overtake each other as often as was asked for, and not otherwise", async ({ skip }) => {
  if (!abilities.reordering.ok) skip(abilities.reordering.detail);
  const { lab, a, b, from, to } = await labOfTwo();
  const overtakers = async (shape: LinkShape) => {
    to.received.length = 0;
    await lab.links.shape(a, b, shape);
    await from.send(numbered(200), b.address, to.port);
    await to.receivesCount(200);
    const order = to.texts.map(Number);
    return order.filter((number, index) => order.slice(index).some((later) => later < number)).length;
  };
  expect(await overtakers({ delayMs: 200 })).toBe(0);
  const count = await overtakers({ delayMs: 200, reorderPercent: 25 });
  // Binomial, 200 packets: 25 % ± 4 standard deviations.
  expect(count).toBeGreaterThan(25);
  expect(count).toBeLessThan(75);
  await expect(lab.links.shape(a, b, { reorderPercent: 25 })).rejects.toMatchObject({ code: "MESH_E_BAD_OPTION" });
});

for (const [how, delay, needs] of [
  ["alone", {}, abilities.rate],
  ["with a delay", { delayMs: 5 }, abilities.delay],
] as const) {
  test(`a rate holds: ${how}`, async ({ skip }) => {
    for (const { ok, detail } of [abilities.rate, needs]) if (!ok) skip(detail);
    const { lab, a, b, from, to } = await labOfTwo();
    const spanMs = async (shape: LinkShape) => {
      to.received.length = 0;
      await lab.links.shape(a, b, shape);
      await from.send(numbered(50), b.address, to.port, 1_000 - HEADERS_BYTES);
      await to.receivesCount(50);
      return (to.received.at(-1)?.atMs ?? Number.NaN) - (to.received[0]?.atMs ?? Number.NaN);
    };
    // 50 packets of 1,000 bytes are 400 kbit; the queue lets the first few through at once.
    expect(await spanMs({ rateKbit: 1_000, ...delay })).toBeGreaterThan(300);
    expect(await spanMs({ ...delay })).toBeLessThan(300);
  });
}

test("the links of a host behind a NAT are the router's, and nobody else's", async ({ skip }) => {
  if (!abilities["nat-port-restricted"].ok) skip(abilities["nat-port-restricted"].detail);
  const lab = await Lab.up({ hosts: 2, nats: [{ kind: "port-restricted", hosts: [0] }], abilities });
  labs.push(lab);
  const [hidden, open] = lab.hosts as [LabHost, LabHost];
  const router = hidden.router as LabHost;
  await expect(lab.links.shape(hidden, open, { cut: true })).rejects.toMatchObject({ code: "MESH_E_BAD_OPTION" });
  const [inside, outside] = await Promise.all([hidden, open].map(async (host) => (await UdpHost.on(lab, host)).open()));
  for (const shape of [{}, { delayMs: 200 }]) {
    const name = JSON.stringify(shape);
    await lab.links.both(router, open, shape);
    const sentAtMs = performance.now();
    await inside!.send(name, open.address, outside!.port);
    const { address, port } = await outside!.receives(name);
    expect(address).toBe(router.address);
    await outside!.send(`${name} back`, address, port);
    await inside!.receives(`${name} back`);
    expect(performance.now() - sentAtMs > 400).toBe("delayMs" in shape);
  }
  await lab.links.shape(router, open, { cut: true });
  await inside!.send("cut", open.address, outside!.port);
  await lab.links.shape(router, open, {});
  await inside!.send("mended", open.address, outside!.port);
  await outside!.receives("mended");
  expect(outside!.texts).not.toContain("cut");
});
