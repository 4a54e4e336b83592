/**
 * `docs/monitoring`: alerts and dashboard ask only for what the exposition serves, with labels that it has; Prometheus's own tool takes
 * rules, configuration, exposition and every query of the dashboard, and the alerts fire as their tests say.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as intake from "@meshwork/telemetry/intake";
import { afterAll, beforeAll, expect, type TestContext, test } from "vitest";
import { type ParsedFamily, parseExposition } from "../../test/exposition.js";
import { fillMesh } from "../../test/full-mesh.js";
import { startHarness } from "../../test/harness.js";

const DIRECTORY = join(import.meta.dirname, "..", "..", "..", "..", "docs", "monitoring");
const read = (name: string) => readFileSync(join(DIRECTORY, name), "utf8");
/** Made by the scrape itself. */
const OF_PROMETHEUS = ["up"];
const OF_EVERY_SERIES = ["job", "instance"];

let exposition = "";
let families: ReadonlyMap<string, ParsedFamily>;
let workspace = "";

beforeAll(async () => {
  const harness = await startHarness({ decoders: intake });
  await fillMesh(harness);
  exposition = await (await harness.call("/metrics")).text();
  families = parseExposition(exposition);
  await harness.console.close();
  workspace = mkdtempSync(join(tmpdir(), "meshwork-monitoring-"));
  cpSync(DIRECTORY, workspace, { recursive: true });
  writeFileSync(join(workspace, "meshwork-token"), "t".repeat(32));
});
afterAll(() => rmSync(workspace, { recursive: true, force: true }));

/** Every selector of a query: metric name and the labels that are matched. */
function selectorsOf(query: string): { readonly name: string; readonly labels: readonly string[] }[] {
  const withoutStrings = query.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  const withoutGrouping = withoutStrings.replace(/\b(by|on|without|ignoring)\s*\([^)]*\)/g, " ");
  return [...withoutGrouping.matchAll(/\b([a-z][a-z0-9_]*)\b(?!\s*\()(?:\{([^}]*)\})?/g)]
    .filter(([, name]) => name!.includes("_") || OF_PROMETHEUS.includes(name!))
    .map(([, name, inner]) => ({
      name: name!,
      labels: [...(inner ?? "").matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g)].map((match) => match[1]!),
    }))
    .filter(({ name }) => !labelsOfAll().has(name));
}

/** Label names stand in queries as words too (`by (listed_mesh)` is cut out above, `without` lists are not all). */
function labelsOfAll(): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { samples } of families.values())
    for (const { labels } of samples) for (const name of Object.keys(labels)) names.add(name);
  return names;
}

function complaintsOf(query: string): string[] {
  const complaints: string[] = [];
  const selectors = selectorsOf(query);
  if (selectors.length === 0) complaints.push(`no metric in: ${query}`);
  for (const { name, labels } of selectors) {
    if (OF_PROMETHEUS.includes(name)) continue;
    const family = families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ""));
    const samples = (family?.samples ?? []).filter((sample) => sample.name === name);
    if (samples.length === 0) {
      complaints.push(`${name} is not served`);
      continue;
    }
    const known = [...OF_EVERY_SERIES, ...Object.keys(samples[0]!.labels)];
    for (const label of labels) if (!known.includes(label)) complaints.push(`${name} has no label ${label}`);
  }
  return complaints;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly datasource: { readonly uid: string };
  }[];
}

interface Dashboard {
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr?: string }[] };
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly query: unknown }[];
  };
}

const dashboard = JSON.parse(read("grafana-dashboard.json")) as Dashboard;
const dashboardQueries = [
  ...dashboard.panels.flatMap((panel) => (panel.targets ?? []).map((target) => target.expr)),
  ...dashboard.annotations.list.flatMap(({ expr }) => (expr === undefined ? [] : [expr])),
];
/** As Grafana would fill them in. */
const filledIn = (query: string) => query.replaceAll("$__rate_interval", "1m").replaceAll(/\$(mesh|node)\b/g, ".*");

function alertQueries(): string[] {
  const text = read("alerts.yml");
  const queries = [...text.matchAll(/^ +expr: (?:>-\n((?: {10}.*\n)+)|(.+)$)/gm)].map((match) => match[1] ?? match[2]!);
  expect(queries).toHaveLength(text.match(/- alert:/g)!.length);
  return queries;
}

test("the check finds what is not there", () => {
  expect(complaintsOf("rate(meshwork_nothing_total[5m])")).toEqual(["meshwork_nothing_total is not served"]);
  expect(complaintsOf('meshwork_mesh_live_nodes{mash="x"}')).toEqual(["meshwork_mesh_live_nodes has no label mash"]);
  expect(complaintsOf("sum(1)")).toEqual(["no metric in: sum(1)"]);
});

test("every alert asks for metrics and labels that are served, and has a test", () => {
  expect(alertQueries().flatMap(complaintsOf)).toEqual([]);
  const names = [...read("alerts.yml").matchAll(/- alert: (\w+)/g)].map((match) => match[1]);
  const tested = new Set([...read("alerts.test.yml").matchAll(/alertname: (\w+)/g)].map((match) => match[1]));
  expect(names.filter((name) => !tested.has(name))).toEqual([]);
});

test("every query of the dashboard asks for metrics and labels that are served", () => {
  expect(dashboardQueries.length).toBeGreaterThan(40);
  expect(dashboardQueries.map(filledIn).flatMap(complaintsOf)).toEqual([]);
  for (const { name, type, query } of dashboard.templating.list) {
    if (type !== "query") continue;
    const values = /^label_values\((.+), (\w+)\)$/.exec((query as { query: string }).query);
    expect([name, complaintsOf(filledIn(values![1]!))]).toEqual([name, []]);
    expect(Object.keys(families.get(values![1]!.replace(/\{.*/, ""))!.samples[0]!.labels)).toContain(values![2]);
  }
});

test("the dashboard is whole: ids, places, sources, variables", () => {
  const { panels, schemaVersion, templating } = dashboard;
  expect(schemaVersion).toBe(42);
  expect(new Set(panels.map((panel) => panel.id)).size).toBe(panels.length);
  const taken = new Set<string>();
  for (const { title, type, gridPos, targets } of panels) {
    expect(title).not.toBe("");
    expect(["row", "timeseries", "stat", "table"]).toContain(type);
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        expect([title, taken.has(`${x},${y}`)]).toEqual([title, false]);
        taken.add(`${x},${y}`);
      }
    expect([title, type === "row" || (targets ?? []).length > 0]).toEqual([title, true]);
    for (const target of targets ?? []) expect(target.datasource.uid).toBe(`$\{datasource}`);
    expect(new Set((targets ?? []).map((target) => target.refId)).size).toBe((targets ?? []).length);
  }
  const variables = new Set([...templating.list.map(({ name }) => name), "__rate_interval"]);
  for (const query of dashboardQueries)
    for (const [, name] of query.matchAll(/\$\{?(\w+)/g)) expect([query, variables.has(name!)]).toEqual([query, true]);
});

/** Skips where the tool is not installed; CI installs it and takes a skip for a failure. */
function promtool(context: TestContext, args: readonly string[], input?: string) {
  const command = process.env.MESH_PROMTOOL ?? "promtool";
  const run = spawnSync(command, args, { cwd: workspace, encoding: "utf8", ...(input !== undefined && { input }) });
  if (run.error !== undefined) context.skip("promtool is missing (Debian package prometheus, or MESH_PROMTOOL)");
  return { code: run.status, output: `${run.stdout}${run.stderr}` };
}

test("promtool: rules, their tests and the configuration", (context) => {
  expect(promtool(context, ["check", "rules", "alerts.yml"])).toMatchObject({ code: 0 });
  const tested = promtool(context, ["test", "rules", "alerts.test.yml"]);
  expect([tested.code, tested.output]).toEqual([0, expect.stringContaining("SUCCESS")]);
  expect(promtool(context, ["check", "config", "prometheus.yml"])).toMatchObject({ code: 0 });
});

test("promtool: the exposition, without a word of its linter", (context) => {
  expect(promtool(context, ["check", "metrics"], exposition)).toEqual({ code: 0, output: "" });
  expect(promtool(context, ["check", "metrics"], exposition.replace("_total{", "{")).code).not.toBe(0);
});

test("promtool: every query of the dashboard parses", (context) => {
  const rules = dashboardQueries.map((query, i) => ({ record: `query:${i}`, expr: filledIn(query) }));
  writeFileSync(join(workspace, "dashboard.yml"), JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
  const run = promtool(context, ["check", "rules", "dashboard.yml"]);
  expect([run.code, run.output]).toEqual([0, expect.stringContaining(`${rules.length} rules found`)]);
});
