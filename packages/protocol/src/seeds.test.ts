import fc from "fast-check";
import { expect, test } from "vitest";
import { MeshError } from "./errors.js";
import { formatSeed, parseSeed, parseSeedList } from "./seeds.js";

const ID = "0123456789abcdef".repeat(4);

function refusal(work: () => unknown): MeshError {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(MeshError);
    expect((error as MeshError).code).toBe("MESH_E_BAD_SEED");
    return error as MeshError;
  }
  throw new Error("it was accepted");
}

test("seeds are read as they are printed", () => {
  for (const address of ["127.0.0.1:4433", "[::1]:65535", "[2001:db8::1]:1"]) {
    const seed = { id: ID, address };
    expect(parseSeed(formatSeed(seed))).toEqual(seed);
  }
  expect(parseSeed(`${ID.toUpperCase()}@1.2.3.4:5`).id).toBe(ID);
});

test.each([
  ["", "the separator is wrong at character 1"],
  [ID, "the separator is wrong at character 65"],
  [`${ID.slice(1)}@1.2.3.4:5`, "the node id is wrong at character 1: it has 63 hex digits"],
  [`${ID.slice(0, 10)}x${ID.slice(11)}@1.2.3.4:5`, 'the node id is wrong at character 11: "x"'],
  [`${ID}@localhost:5`, "the address is wrong at character 66"],
  [`${ID}@1.2.3.4`, "the port is wrong at character 73"],
  [`${ID}@1.2.3.4:`, "the port is wrong at character 74"],
  [`${ID}@1.2.3.4:70000`, 'the port is wrong at character 74: "70000"'],
  [`${ID}@::1:5`, "needs brackets"],
  [`${ID}@[::1:5`, "the address is wrong at character 66"],
])("%j: %s", (text, message) => {
  expect(refusal(() => parseSeed(text)).message).toContain(message);
});

test("a list says which seed is wrong", () => {
  const good = `${ID}@1.2.3.4:5`;
  const other = `${"f".repeat(64)}@[::1]:6`;
  expect(parseSeedList(` ${good} ,${other},, ${good},`).map(formatSeed)).toEqual([good, other]);
  expect(parseSeedList("  ")).toEqual([]);
  expect(refusal(() => parseSeedList(`${good},nonsense`)).message).toContain("seed 2");
});

test("whatever is not a seed is refused with the one code", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((tail) => `${ID}@${tail}`),
      ),
      (text) => {
        refusal(() => parseSeed(`${text}!`));
      },
    ),
  );
});
