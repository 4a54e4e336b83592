import { expect, test } from "vitest";
import { MeshError } from "./errors.js";
import {
  isMeshName,
  isNameOf,
  isNodeType,
  isOperationName,
  isReservedOperation,
  nodeName,
  parseName,
} from "./names.js";

const ID = `239dc9${"0".repeat(58)}`;

test("a node's name is mesh, type and the first six digits of its id", () => {
  expect(nodeName("mesh2", "broker", ID)).toBe("mesh2.broker.239dc9");
  expect(() => nodeName("Mesh", "broker", ID)).toThrow(expect.objectContaining({ code: "MESH_E_BAD_MESH" }));
  expect(() => nodeName("mesh", "bro.ker", ID)).toThrow(expect.objectContaining({ code: "MESH_E_BAD_TYPE" }));
  expect(() => nodeName("", "broker", ID)).toThrow(MeshError);
});

test.each([
  ["mesh1", true],
  ["0", true],
  ["a-b-c", true],
  ["a".repeat(63), true],
  ["a".repeat(64), false],
  ["", false],
  ["-a", false],
  ["a.b", false],
  ["a_b", false],
  ["A", false],
  ["a\n", false],
  ["é", false],
])("mesh or type %j is valid: %s", (text, valid) => {
  expect(isMeshName(text)).toBe(valid);
  expect(isNodeType(text)).toBe(valid);
});

test("operations have dots and underscores, and mesh. is reserved", () => {
  for (const name of ["produce", "log.append_v2", "0-a", "a".repeat(64)])
    expect(isOperationName(name), name).toBe(true);
  for (const name of ["", ".a", "A", "a b", "a".repeat(65), "a\n"]) expect(isOperationName(name), name).toBe(false);
  expect(isReservedOperation("mesh.directory")).toBe(true);
  expect(isReservedOperation("meshed")).toBe(false);
});

test("names are parsed whole or not at all", () => {
  expect(parseName("mesh2.broker.239dc9")).toEqual({ mesh: "mesh2", type: "broker", idPrefix: "239dc9" });
  expect(parseName(`m.t.${ID}`)?.idPrefix).toBe(ID);
  for (const text of ["", "m.t", "m.t.", "m.t.xyz", `m.t.${ID}0`, "m.t.ab.c", "M.t.ab", ".t.ab", "m.t.AB"]) {
    expect(parseName(text), text).toBeUndefined();
  }
});

test("a name is only a node's own when it is derived from the key", () => {
  expect(isNameOf("mesh2.broker.239dc9", ID)).toBe(true);
  expect(isNameOf("mesh2.broker.239dc9", ID, "mesh2")).toBe(true);
  expect(isNameOf("mesh2.broker.239dc9", ID, "mesh1")).toBe(false);
  expect(isNameOf("mesh2.broker.239dca", ID)).toBe(false);
  expect(isNameOf("mesh2.broker.2", ID)).toBe(false);
  expect(isNameOf("anything", ID)).toBe(false);
});
