/**
 * Writes docs/errors.md, docs/how-to/configuration.md and docs/monitoring/metrics.md from the tables in the code; `--check` fails where they differ.
 * Needs a build.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { CONSOLE_ERRORS, METRIC_FAMILIES } from "@meshwork/console";
import { NODE_VARIABLES } from "@meshwork/node";
import { MESH_ERRORS } from "@meshwork/protocol";
import { SUPERVISOR_ERRORS } from "@meshwork/supervisor";
import { COMMAND_VARIABLES } from "meshwork";

const cell = (text) => text.replaceAll("|", "\\|");

const errors = [
  "# Errors",
  "",
  "Every error that meshwork reports has a stable code. `mesh` prints it with what to do; the library throws it as `error.code`; the API answers",
  "with `{ code, message, hint }`. Generated from the code (`node scripts/generate-docs.mjs`).",
  "",
  ...section("Node, library and `mesh` command", MESH_ERRORS),
  ...section("Supervisor and launcher", without(SUPERVISOR_ERRORS, MESH_ERRORS)),
  ...section("Console", without(CONSOLE_ERRORS, MESH_ERRORS, SUPERVISOR_ERRORS)),
];

const configuration = [
  "# Configuration of a node",
  "",
  "Options come from arguments of `startNode`, then from these variables, then from the defaults. A value that is not valid is an error that",
  "names it; nothing is ignored in silence. Generated from the code (`node scripts/generate-docs.mjs`).",
  "",
  "| variable | unit | default | |",
  "|---|---|---|---|",
  ...Object.entries(NODE_VARIABLES).map(
    ([name, { unit, default: fallback, text }]) =>
      `| \`${name}\` | ${cell(unit)} | ${cell(fallback)} | ${cell(text)} |`,
  ),
  "",
  "The `mesh` command reads besides:",
  "",
  "| variable | |",
  "|---|---|",
  ...Object.entries(COMMAND_VARIABLES).map(
    ([name, text]) => `| \`${name}\` | ${cell(typeof text === "string" ? text : text.text)} |`,
  ),
  "",
  "The presets of the example types are in `examples/*/.env.dev`.",
  "",
];

const metrics = [
  "# Metrics of `GET /metrics`",
  "",
  "Where the figures come from, how old they are and how many series there are: [README](README.md). Generated from the code",
  "(`node scripts/generate-docs.mjs`).",
  "",
  "| metric | type | labels | |",
  "|---|---|---|---|",
  ...Object.entries(METRIC_FAMILIES).map(
    ([name, { type, labels, help }]) => `| \`${name}\` | ${type} | ${labels.join(", ")} | ${cell(help)} |`,
  ),
  "",
];

let stale = 0;
for (const [path, lines] of [
  ["docs/errors.md", errors],
  ["docs/how-to/configuration.md", configuration],
  ["docs/monitoring/metrics.md", metrics],
]) {
  const text = `${lines.join("\n").trimEnd()}\n`;
  if (process.argv.includes("--check")) {
    if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
      process.stderr.write(`${path} is not what the code says: run node scripts/generate-docs.mjs\n`);
      stale++;
    }
  } else writeFileSync(path, text);
}
process.exitCode = stale > 0 ? 1 : 0;

/** A code that several rooms throw is listed once, where it was first. */
function without(table, ...earlier) {
  return Object.fromEntries(Object.entries(table).filter(([code]) => !earlier.some((other) => code in other)));
}

function section(title, table) {
  return [
    `## ${title}`,
    "",
    "| code | what happened | what to do |",
    "|---|---|---|",
    ...Object.entries(table).map(([code, { what, hint }]) => `| \`${code}\` | ${cell(what)} | ${cell(hint)} |`),
    "",
  ];
}
