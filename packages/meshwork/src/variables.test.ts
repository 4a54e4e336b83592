import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { NODE_VARIABLES } from "@meshwork/node";
import { expect, test } from "vitest";
import { COMMAND_VARIABLES, readCommandVariable } from "./variables.js";

const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts") && path !== "variables.ts")
  .map((path) => readFileSync(join(import.meta.dirname, path), "utf8"));

test("every MESH_ variable that is read is in a table, and every one in the table is read", () => {
  const reads = sources.flatMap((text) => [
    ...text.matchAll(/env\.(MESH_[A-Z_]+)/g),
    ...text.matchAll(/readCommandVariable\([^,]+, "(MESH_[A-Z_]+)"\)/g),
  ]);
  const read = new Set(reads.map(([, name]) => name as string));
  expect([...read].filter((name) => !(name in NODE_VARIABLES) && !(name in COMMAND_VARIABLES))).toEqual([]);
  expect(Object.keys(COMMAND_VARIABLES).filter((name) => !read.has(name))).toEqual([]);
});

test("an empty variable is an unset one", () => {
  expect(readCommandVariable({ MESH_CONSOLE_URL: "  " }, "MESH_CONSOLE_URL")).toBeUndefined();
  expect(readCommandVariable({ MESH_CONSOLE_URL: " http://x " }, "MESH_CONSOLE_URL")).toBe("http://x");
});
