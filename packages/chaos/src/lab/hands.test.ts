/** What another process may ask to be done to a lab, and what it may not. (That it is done: tests/lab.) */
import { expect, test } from "vitest";
import { callHands, type Hands, LabHands, remoteHands } from "./hands.js";
import type { Lab } from "./lab.js";

const refused = { code: "MESH_E_BAD_OPTION" };

/** A lab of one host that nothing may be done to. */
function handsOf(host = { name: "h1", namespace: "mwl0000h1", address: "10.77.0.1" }) {
  const links = { uplink: () => Promise.reject(new Error("a link was touched")) };
  const lab = { hosts: [host], links, directory: "/nowhere", hub: { namespace: "mwl0000hub", address: "" } };
  const services = { set: () => Promise.reject(new Error("the services were touched")) };
  return new LabHands(lab as unknown as Lab, services, () => undefined);
}

test("each call is carried over with its arguments, and what comes back is its result", async () => {
  const done: unknown[] = [];
  const local = {
    shape: async (...args: unknown[]) => done.push(["shape", ...args]),
    openDoor: async (host: string) => (host === "h1" ? 7 : 0),
  } as unknown as Hands;
  const wire = async (call: string, args: readonly unknown[]) =>
    callHands(local, ...(JSON.parse(JSON.stringify([call, args])) as [unknown, unknown]));
  const remote = remoteHands(wire);
  await remote.shape(["h1"], ["h2"], { lossPercent: 20 });
  expect(done).toEqual([["shape", ["h1"], ["h2"], { lossPercent: 20 }]]);
  expect(await remote.openDoor("h1")).toBe(7);
});

test("what is no fault's business is not carried out", async () => {
  for (const call of ["mountDisk", "makeClock", "undoAll", "tidy", "constructor", "toString", 7, undefined])
    await expect(callHands(handsOf(), call, [])).rejects.toMatchObject(refused);
  await expect(callHands(handsOf(), "openDoor", "h1")).rejects.toMatchObject(refused);
});

test.each([
  ["a strange host", "shape", [["h9"], ["h1"], { cut: true }]],
  ["a strange other", "shape", [["h1"], ["../h1"], { cut: true }]],
  ["too much loss", "shape", [["h1"], [], { lossPercent: 101 }]],
  ["a delay of text", "shape", [["h1"], [], { delayMs: "1ms; reboot" }]],
  ["a strange host's address", "shiftAddress", ["h9"]],
  ["a port of text", "shutDoor", ["h1", "22; reboot"]],
  ["a port out of range", "shutDoor", ["h1", 65_536]],
  ["a disk that is not there", "fillDisk", ["h1"]],
  ["a rate of text", "setClock", ["h1", 0, "1\n"]],
  ["a host without a node", "limitCpu", ["h1", 0.5]],
] as const)("%s is refused before anything is done", async (_, call, args) => {
  const hands = handsOf();
  await expect(callHands(hands, call, args)).rejects.toMatchObject(refused);
  expect(hands.harmed()).toEqual([]);
});
