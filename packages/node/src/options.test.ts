import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { resolveOptions } from "./options.js";
import { NODE_VARIABLES } from "./variables.js";

const ID = "ab".repeat(32);
const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return "no error";
};

test("arguments win over variables, variables over defaults", () => {
  const env = { MESH_ID: "mesh1", MESH_NODE_TYPE: "broker", MESH_GOSSIP_INTERVAL_MS: "500", MESH_CPU_BUDGET: "4" };
  const resolved = resolveOptions({ type: "gateway", cpuBudgetCores: 2 }, env);
  expect(resolved).toMatchObject({ mesh: "mesh1", type: "gateway", gossipIntervalMs: 500, cpuBudgetCores: 2 });
  expect(resolveOptions({}, { MESH_ID: "m", MESH_NODE_TYPE: "t" })).toMatchObject({
    gossipIntervalMs: 2_000,
    sinks: [],
  });
});

test.each([
  [{}, {}, "MESH_E_NO_MESH"],
  [{ mesh: "Mesh" }, {}, "MESH_E_BAD_MESH"],
  [{ mesh: "../x" }, {}, "MESH_E_BAD_MESH"],
  [{ mesh: "m" }, {}, "MESH_E_NO_TYPE"],
  [{ mesh: "m", type: "a b" }, {}, "MESH_E_BAD_TYPE"],
  [{ mesh: "m", type: "t", seeds: ["nonsense"] }, {}, "MESH_E_BAD_SEED"],
  [{ mesh: "m", type: "t", seeds: [`${ID}@host:1`] }, {}, "MESH_E_BAD_SEED"],
  [{ mesh: "m", type: "t", observe: ["Bad!"] }, {}, "MESH_E_BAD_MESH"],
  [{ mesh: "m", type: "t", gossipIntervalMs: 1 }, {}, "MESH_E_BAD_OPTION"],
  [{ mesh: "m", type: "t" }, { MESH_RAM_BUDGET: "lots" }, "MESH_E_BAD_OPTION"],
  [{ mesh: "m", type: "t" }, { MESH_RELAY_URLS: "https://relay.example" }, "MESH_E_BAD_OPTION"],
  [{ mesh: "m", type: "t" }, { MESH_MDNS_ENABLE: "true" }, "MESH_E_BAD_OPTION"],
  [{ mesh: "m", type: "t" }, { MESH_PROFILING: "on" }, "MESH_E_BAD_OPTION"],
  [{ mesh: "m", type: "t" }, { OTEL_EXPORTER_OTLP_ENDPOINT: "ftp://x" }, "MESH_E_BAD_OPTION"],
])("%j with %j is %s", (options, env, code) => {
  expect(codeOf(() => resolveOptions(options, env))).toBe(code);
});

test("the console's intake and the standard collector are two sinks", () => {
  const { sinks } = resolveOptions(
    { mesh: "m", type: "t", telemetry: { url: "http://127.0.0.1:1/", token: "secret" } },
    { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318", OTEL_EXPORTER_OTLP_HEADERS: "x-key=1, y=2=3" },
  );
  expect(sinks).toEqual([
    { name: "console", url: "http://127.0.0.1:1", headers: { authorization: "Bearer secret" } },
    { name: "otlp", url: "http://127.0.0.1:4318", headers: { "x-key": "1", y: "2=3" } },
  ]);
});

test("the variables that are documented are exactly those that are read", () => {
  const read = new Set<string>();
  for (const file of readdirSync(import.meta.dirname)) {
    if (!file.endsWith(".ts") || file.endsWith(".test.ts") || file === "variables.ts") continue;
    const source = readFileSync(join(import.meta.dirname, file), "utf8");
    for (const [, name] of source.matchAll(/"((?:MESH|OTEL)_[A-Z_]+)"/g)) {
      if (name !== undefined && !name.startsWith("MESH_E_")) read.add(name);
    }
    // The environment is read in one place only; boot hands it over whole.
    expect(source.replace("hooks.env ?? process.env", "")).not.toMatch(/process\.env/);
  }
  const documented = readFileSync(join(import.meta.dirname, "../../../docs/how-to/configuration.md"), "utf8");
  const ofNodes = documented.slice(0, documented.indexOf("The `mesh` command reads"));
  const table = [...ofNodes.matchAll(/^\| `((?:MESH|OTEL)_[A-Z_]+)`/gm)].map(([, name]) => name);
  expect([...read].sort()).toEqual(Object.keys(NODE_VARIABLES).sort());
  expect(table.sort()).toEqual([...read].sort());
});
