/** Directories of several meshes as one, on the real machines: their changes are carried over as membership does it. */
import type { Directory } from "@meshwork/protocol";
import { expect, test } from "vitest";
import { Directories } from "./directories.js";
import { declareDead, directoryOf, idOf, signedRecord } from "./testing/directory.js";

function over(...machines: readonly Directory[]) {
  const directories = new Directories({
    byMesh: new Map(machines.map((machine) => [machine.mesh, machine])),
    self: idOf(0),
    now: () => 0,
    random: () => 0,
  });
  const carry = () => {
    for (const machine of machines) for (const change of machine.takeChanges()) directories.changed(change);
  };
  carry();
  return { directories, carry };
}

test("who is declared dead has no name any more, and has one again when it comes back", () => {
  const machine = directoryOf("mesh1", [1, 2, 3]);
  const { directories, carry } = over(machine);
  const name = `mesh1.broker.${idOf(1).slice(0, 6)}`;
  expect(directories.resolve(name).id).toBe(idOf(1));
  declareDead(machine, 1, [2, 3], 1_000);
  carry();
  expect(() => directories.resolve(name)).toThrow(expect.objectContaining({ code: "MESH_E_UNKNOWN_NAME" }));
  expect(directories.entries().map(({ id }) => id)).not.toContain(idOf(1));
  machine.apply(signedRecord(1, { sequence: 2 }), {}, 2_000);
  carry();
  expect(directories.resolve(name).id).toBe(idOf(1));
  expect(directories.departed()).toEqual([]);
});

test("a suspected member keeps its name and its place", () => {
  const machine = directoryOf("mesh1", [1, 2]);
  const { directories, carry } = over(machine);
  machine.suspect(idOf(1), 500);
  carry();
  expect(directories.resolve(idOf(1)).suspectedSinceMs).toBe(500);
  expect(directories.size).toBe(3);
});

test("the departed of all meshes are one list, newest first, and can be filtered", () => {
  const [one, two] = [directoryOf("mesh1", [1, 2, 3]), directoryOf("mesh2", [4, 5])];
  const { directories } = over(one, two);
  declareDead(one, 1, [2, 3], 1_000);
  two.apply(signedRecord(4, { mesh: "mesh2", sequence: 2, status: "leaving" }), {}, 2_000);
  one.apply(signedRecord(2, { type: "broker", sequence: 2, status: "leaving" }), {}, 3_000);
  const told = (filter?: Parameters<typeof directories.departed>[0]) =>
    directories.departed(filter).map(({ entry, state, sinceMs }) => [entry.id, state, sinceMs]);
  expect(told()).toEqual([
    [idOf(2), "left", 3_000],
    [idOf(4), "left", 2_000],
    [idOf(1), "dead", 1_000],
  ]);
  expect(told({ mesh: "mesh2" })).toEqual([[idOf(4), "left", 2_000]]);
  expect(told({ type: "gateway" })).toEqual([]);
  expect(directories.departed()[2]?.by).toEqual([idOf(2), idOf(3)]);
});

test("changes that were dropped do not leave wrong names behind", () => {
  const machine = directoryOf("mesh1", [1, 2]);
  const { directories } = over(machine);
  machine.apply(signedRecord(1, { sequence: 2, status: "leaving" }), {}, 1_000);
  machine.apply(signedRecord(3), {}, 1_000);
  machine.takeChanges();
  directories.changed({ kind: "lagged", missed: 2, atMs: 1_000 });
  expect(() => directories.resolve(idOf(1))).toThrow(expect.objectContaining({ code: "MESH_E_UNKNOWN_NAME" }));
  expect(directories.resolve(idOf(3)).id).toBe(idOf(3));
});
