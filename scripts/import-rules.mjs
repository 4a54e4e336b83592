/**
 * Checks the import rules of the house (.dependency-cruiser.cjs) and that the check looked at every source file: a cruiser that
 * cannot read TypeScript reports "no violations (0 modules)" and passes. `--self-test` plants a forbidden import in a copy of
 * the layout and fails unless it is found. Ends with `N passed, N failed`.
 */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
/** The repository never had fewer source files than this: fewer means that the listing itself is broken. */
const SANE_MINIMUM = 100;
const results = { passed: 0, failed: 0 };

checkRepository();
selfTest(
  "a room that imports what it must not",
  "packages/telemetry/src/planted.ts",
  'import "@meshwork/node";\n',
  "room-telemetry",
);
selfTest("a Node API in the core", "packages/protocol/src/planted.ts", 'import "node:fs";\n', "protocol-is-pure");
selfTest(
  "a deep import",
  "packages/node/src/planted.ts",
  'import "../../protocol/src/errors.js";\n',
  "no-deep-imports",
);
selfTest(
  "a Node API in the console's client",
  "packages/console/src/client/planted.ts",
  'import "node:fs";\n',
  "client-is-browser-safe",
);
selfTest(
  "the console's server in the page",
  "packages/dashboard/src/planted.ts",
  'import "@meshwork/console";\n',
  "dashboard-takes-types-only",
);
process.stdout.write(`${results.passed} passed, ${results.failed} failed\n`);
process.exitCode = results.failed === 0 ? 0 : 1;

function checkRepository() {
  const { modules, violations } = cruise(root);
  const files = sourceFiles(root);
  const missed = files.filter((file) => !modules.has(file));
  for (const { rule, from, to } of violations) process.stderr.write(`  ${rule}: ${from} -> ${to}\n`);
  for (const file of missed.slice(0, 20)) process.stderr.write(`  not looked at: ${file}\n`);
  verdict("import rules", violations.length === 0);
  verdict(
    `every one of ${files.length} source files was looked at`,
    missed.length === 0 && files.length >= SANE_MINIMUM,
  );
}

function selfTest(title, path, content, rule) {
  const copy = mkdtempSync(join(tmpdir(), "meshwork-rules-"));
  try {
    for (const room of rooms(root)) {
      cpSync(join(root, "packages", room, "package.json"), join(copy, "packages", room, "package.json"));
      const face = join("packages", room, "dist", "index.js");
      for (const file of [face, face.replace(/\.js$/, ".d.ts")]) {
        mkdirSync(dirname(join(copy, file)), { recursive: true });
        writeFileSync(join(copy, file), "export {};\n");
      }
    }
    mkdirSync(join(copy, "packages/protocol/src"), { recursive: true });
    writeFileSync(join(copy, "packages/protocol/src/errors.ts"), "export const errors = 1;\n");
    for (const file of [".dependency-cruiser.cjs", "tsconfig.base.json", "package.json"])
      cpSync(join(root, file), join(copy, file));
    linkModules(copy);
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), content);
    const { violations } = cruise(copy);
    verdict(
      `self-test: ${title} is found`,
      violations.some((violation) => violation.rule === rule && violation.from === path),
    );
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** The rooms of the copy by package name, and everything else as it is installed. */
function linkModules(copy) {
  const modules = join(copy, "node_modules");
  mkdirSync(join(modules, "@meshwork"), { recursive: true });
  for (const name of ["typescript", "dependency-cruiser", "@types"])
    symlinkSync(join(root, "node_modules", name), join(modules, name));
  for (const room of rooms(root)) {
    const { name } = JSON.parse(readFileSync(join(root, "packages", room, "package.json"), "utf8"));
    symlinkSync(join(copy, "packages", room), join(modules, name));
  }
}

function cruise(directory) {
  const bin = join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  const targets = ["packages", "examples"].filter((name) => existsSync(join(directory, name)));
  const args = [
    bin,
    "--config",
    ".dependency-cruiser.cjs",
    "--output-type",
    "json",
    "--exclude",
    "/(dist|node_modules)/.*/(dist|node_modules)/",
    ...targets,
  ];
  const { stdout, stderr, error } = spawnSync(process.execPath, args, {
    cwd: directory,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (error || !stdout.startsWith("{"))
    throw new Error(`dependency-cruiser gave no report: ${error ?? stderr.slice(-2_000)}`);
  const report = JSON.parse(stdout);
  return {
    modules: new Set(report.modules.map(({ source }) => source)),
    violations: report.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
  };
}

function sourceFiles(directory) {
  const inRooms = rooms(directory).flatMap((room) => filesIn(directory, `packages/${room}/src`));
  const inExamples = readdirSync(join(directory, "examples"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(directory, "examples", entry.name, "main.ts")))
    .map((entry) => `examples/${entry.name}/main.ts`);
  return [...inRooms, ...inExamples];
}

function rooms(directory) {
  return readdirSync(join(directory, "packages")).filter((room) =>
    existsSync(join(directory, "packages", room, "package.json")),
  );
}

function filesIn(directory, path) {
  if (!existsSync(join(directory, path))) return [];
  return readdirSync(join(directory, path), { withFileTypes: true }).flatMap((entry) => {
    const below = `${path}/${entry.name}`;
    if (entry.isDirectory()) return filesIn(directory, below);
    return /\.tsx?$/.test(entry.name) && !entry.name.endsWith(".d.ts") ? [below] : [];
  });
}

function verdict(title, passed) {
  results[passed ? "passed" : "failed"] += 1;
  process.stderr.write(`${passed ? "ok  " : "FAIL"} ${title}\n`);
}
