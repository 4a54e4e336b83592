import fc from "fast-check";
import { expect, test } from "vitest";
import { MeshError } from "../errors.js";
import { type Named, NameIndex, resolveName, suggestNames } from "./name-resolution.js";

const pad = (prefix: string) => prefix.padEnd(64, "0");
const entry = (mesh: string, type: string, prefix: string): Named => ({ mesh, type, id: pad(prefix) });

const A = entry("mesh1", "broker", "239dc9");
const B = entry("mesh2", "broker", "239dc9ff1");
const C = entry("mesh2", "broker", "239dc9ff2");
const D = entry("mesh2", "gateway", "77aa01");
const ALL = [A, B, C, D];

function codeAndText(work: () => unknown): [string, string] {
  try {
    work();
  } catch (error) {
    if (error instanceof MeshError) return [error.code, error.detail];
    throw error;
  }
  throw new Error("it was resolved");
}

function indexed(entries: readonly Named[]): NameIndex<Named> {
  const index = new NameIndex<Named>();
  for (const item of entries) index.add(item);
  return index;
}

/** List and index must agree on everything. */
function resolve(text: string): Named {
  let fromList: Named;
  try {
    fromList = resolveName(ALL, text);
  } catch (error) {
    expect(() => indexed(ALL).resolve(text)).toThrow((error as Error).message);
    throw error;
  }
  expect(indexed(ALL).resolve(text)).toBe(fromList);
  return fromList;
}

test.each([
  ["mesh1.broker.239dc9", A],
  ["mesh1.broker.2", A],
  ["mesh2.broker.239dc9ff1", B],
  [`mesh2.broker.${C.id}`, C],
  [B.id, B],
  ["239DC9FF2", C],
  ["77aa01", D],
  [" mesh2.gateway.77aa01 ", D],
])("%j resolves", (text, expected) => {
  expect(resolve(text)).toBe(expected);
});

test("an ambiguous name is refused with the longer names that would do", () => {
  const [code, detail] = codeAndText(() => resolve("mesh2.broker.239dc9"));
  expect(code).toBe("MESH_E_AMBIGUOUS_NAME");
  expect(detail).toBe('"mesh2.broker.239dc9" is one of mesh2.broker.239dc9ff1, mesh2.broker.239dc9ff2');
  const [bareCode, bareDetail] = codeAndText(() => resolve("239dc9"));
  expect(bareCode).toBe("MESH_E_AMBIGUOUS_NAME");
  expect(bareDetail).toContain("mesh1.broker.239dc9, mesh2.broker.239dc9ff1");
});

test("an unknown name is refused with the nearest ones", () => {
  const [code, detail] = codeAndText(() => resolve("mesh1.brokr.239dc9"));
  expect(code).toBe("MESH_E_UNKNOWN_NAME");
  expect(detail).toContain("nearest: mesh1.broker.239dc9");
  expect(codeAndText(() => resolve("mesh2.gateway"))[1]).toContain("nearest: mesh2.gateway.77aa01");
  expect(codeAndText(() => resolve("23")).at(0)).toBe("MESH_E_UNKNOWN_NAME");
  expect(codeAndText(() => resolve("")).at(0)).toBe("MESH_E_UNKNOWN_NAME");
  expect(suggestNames(ALL, "completely-different-words-altogether")).toEqual([]);
  expect(suggestNames(ALL, "mesh").length).toBe(3);
});

test("the names listed for an ambiguous one do resolve", () => {
  const prefix = fc.array(fc.constantFrom("a", "b"), { minLength: 64, maxLength: 64 }).map((digits) => digits.join(""));
  fc.assert(
    fc.property(fc.uniqueArray(prefix, { minLength: 2, maxLength: 8 }), (ids) => {
      const entries = ids.map((id) => ({ mesh: "m", type: "t", id: `aaaaaa${id.slice(6)}` }));
      fc.pre(new Set(entries.map(({ id }) => id)).size === entries.length);
      const [code, detail] = codeAndText(() => resolveName(entries, "m.t.aaaaaa"));
      expect(code).toBe("MESH_E_AMBIGUOUS_NAME");
      const names = detail.split(" is one of ")[1]!.split(", ");
      expect(new Set(names.map((name) => resolveName(entries, name).id)).size).toBe(entries.length);
    }),
  );
});

test("an index forgets what is removed and holds one entry per mesh and id", () => {
  const index = indexed(ALL);
  const renewed = { ...B };
  index.add(renewed);
  expect(index.size).toBe(4);
  expect(index.resolve("mesh2.broker.239dc9ff1")).toBe(renewed);
  index.remove("mesh2", C.id);
  index.remove("mesh2", C.id);
  expect(index.size).toBe(3);
  expect(index.resolve("mesh2.broker.239dc9")).toBe(renewed);
  for (const { mesh, id } of ALL) index.remove(mesh, id);
  expect([...index.values()]).toEqual([]);
  expect(index.size).toBe(0);
});
