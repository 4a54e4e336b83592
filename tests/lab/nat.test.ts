/** NAT in the lab, as plain UDP sockets on both sides of it see it. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Lab, type LabHost, NAT_KINDS, type Nat, type NatKind, probeAbilities, readLedgers } from "meshwork/chaos";
import { afterEach, beforeEach, expect, test } from "vitest";
import { UdpHost } from "./support/udp-host.js";

const abilities = probeAbilities();
const labs: Lab[] = [];
beforeEach(({ skip }) => {
  for (const kind of NAT_KINDS) if (!abilities[`nat-${kind}`].ok) skip(abilities[`nat-${kind}`].detail);
});
afterEach(async () => {
  for (const lab of labs.splice(0)) expect(await lab.down()).toEqual([]);
});

/** The first host is behind the NAT. */
async function labBehind(kind: NatKind, hosts = 3, inside = [0]) {
  const lab = await Lab.up({ hosts, nats: [{ kind, hosts: inside }], abilities });
  labs.push(lab);
  const [nat] = lab.nats as [Nat];
  return { lab, nat, on: (index: number) => UdpHost.on(lab, lab.hosts[index] as LabHost) };
}

/** What goes in is told by what comes in after it: packets of one path do not overtake each other. */
const EXPECTED = {
  "full-cone": { samePort: true, lateSamePort: true, other: true, otherPort: true, stranger: true },
  restricted: { samePort: true, lateSamePort: true, other: true, otherPort: true, stranger: false },
  "port-restricted": { samePort: true, lateSamePort: true, other: true, otherPort: false, stranger: false },
  symmetric: { samePort: false, lateSamePort: false, other: false, otherPort: false, stranger: false },
} as const;

test.each(NAT_KINDS)("%s: which public ports a socket gets, and who may send in", async (kind) => {
  const { lab, nat, on } = await labBehind(kind);
  const [, server, third] = lab.hosts as [LabHost, LabHost, LabHost];
  const inside = await (await on(0)).open();
  const [serverHost, strangerHost] = [await on(1), await on(2)];
  const [first, second, unknown] = [await serverHost.open(), await serverHost.open(), await serverHost.open()];
  const stranger = await strangerHost.open();

  await inside.send("to first", server.address, first.port);
  await inside.send("to second", server.address, second.port);
  const seen = await first.receives("to first");
  const seenBySecond = await second.receives("to second");
  expect([seen.address, seenBySecond.address]).toEqual([nat.router.address, nat.router.address]);

  await stranger.send("stranger", nat.router.address, seen.port);
  await unknown.send("other port", nat.router.address, seen.port);
  await second.send("other", nat.router.address, seen.port);
  await first.send("answer", nat.router.address, seen.port);
  await inside.receives("answer");
  const cameIn = [...inside.texts];

  await inside.send("to stranger", third.address, stranger.port);
  const seenByStranger = await stranger.receives("to stranger");
  await stranger.send("invited", seenByStranger.address, seenByStranger.port);
  expect(await inside.receives("invited")).toMatchObject({ address: third.address, port: stranger.port });

  expect({
    samePort: seenBySecond.port === seen.port,
    lateSamePort: seenByStranger.port === seen.port,
    other: cameIn.includes("other"),
    otherPort: cameIn.includes("other port"),
    stranger: cameIn.includes("stranger"),
  }).toEqual(EXPECTED[kind]);
});

test("nobody gets in where nothing went out, nor by the private address", async () => {
  const { lab, nat, on } = await labBehind("full-cone", 2);
  const [hidden, open] = lab.hosts as [LabHost, LabHost];
  const inside = await (await on(0)).open();
  const outside = await (await on(1)).open();
  // As its router's neighbour could.
  const route = ["route", "add", hidden.address, "via", nat.router.address];
  execFileSync("ip", ["-n", open.namespace, ...route]);
  await outside.send("private", hidden.address, inside.port);
  await outside.send("same port", nat.router.address, inside.port);
  await inside.send("out", open.address, outside.port);
  const seen = await outside.receives("out");
  await outside.send("in", nat.router.address, seen.port);
  await inside.receives("in");
  expect(inside.texts).toEqual(["in"]);
});

test("two hosts behind one NAT have public ports of their own, also for the same port", async () => {
  const { lab, nat, on } = await labBehind("full-cone", 3, [0, 1]);
  const server = lab.hosts[2] as LabHost;
  const one = await (await on(0)).open();
  const two = await (await on(1)).open(one.port);
  const outside = await (await on(2)).open();
  for (const [name, socket] of [
    ["one", one],
    ["two", two],
  ] as const) {
    await socket.send(name, server.address, outside.port);
    const seen = await outside.receives(name);
    await outside.send(`for ${name}`, nat.router.address, seen.port);
    await socket.receives(`for ${name}`);
  }
  expect([one.texts, two.texts]).toEqual([["for one"], ["for two"]]);
});

test("the kind changes while sockets are open", async () => {
  const { lab, nat, on } = await labBehind("port-restricted");
  const server = lab.hosts[1] as LabHost;
  const inside = await (await on(0)).open();
  const known = await (await on(1)).open();
  const stranger = await (await on(2)).open();
  const knock = async (text: string) => {
    await inside.send(text, server.address, known.port);
    const { port } = await known.receives(text);
    await stranger.send(`stranger ${text}`, nat.router.address, port);
    await known.send(`answer ${text}`, nat.router.address, port);
    await inside.receives(`answer ${text}`);
  };
  await knock("before");
  nat.become("full-cone");
  await knock("after");
  expect(nat.kind).toBe("full-cone");
  expect(inside.texts).toEqual(["answer before", "stranger after", "answer after"]);
});

const namespaces = () => execFileSync("ip", ["netns", "list"], { encoding: "utf8" });

test("a NAT whose owner was killed is in the ledger, and goes with the next lab", async () => {
  const program = `
    const { Lab } = await import("meshwork/chaos");
    const lab = await Lab.up({ hosts: 1, nats: [{ kind: "symmetric", hosts: [0] }] });
    console.log(lab.id);
    setInterval(() => {}, 1_000);
  `;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [id] = (await once(createInterface({ input: owner.stdout }), "line")) as [string];
  const ended = once(owner, "exit");
  owner.kill("SIGKILL");
  await ended;
  const router = `mwl${id}n1`;
  expect(readLedgers().find((state) => state.id === id)?.namespaces).toContain(router);
  expect(namespaces()).toContain(router);
  labs.push(await Lab.up({ abilities }));
  expect(namespaces()).not.toContain(`mwl${id}`);
});

test.each([
  [[2], "host 2"],
  [[-1], "host -1"],
  [[0, 0], "behind a NAT already"],
])("hosts %j of two are refused before anything is made", async (hosts, words) => {
  const refused = Lab.up({ hosts: 2, nats: [{ kind: "full-cone", hosts }], abilities });
  await expect(refused).rejects.toMatchObject({ code: "MESH_E_BAD_OPTION", message: expect.stringContaining(words) });
  expect(readLedgers().filter(({ owner }) => owner?.pid === process.pid)).toEqual([]);
});
