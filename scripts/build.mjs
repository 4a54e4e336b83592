/**
 * Builds everything that runs: declarations and library output with `tsc -b`, the bundles of packages/meshwork with esbuild
 * (a bundled node process starts in a third of the time and takes half the memory of the unbundled one), the page with Vite,
 * the examples with tsc.
 *
 * Quick when nothing changed: each stage keeps a stamp (paths, sizes and times of its inputs) under `out/build/` and is left
 * out when the stamp and its outputs still fit. `--force` ignores the stamps. Progress goes to standard error.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const stamps = join(root, "out", "build");
const force = process.argv.includes("--force");
const bundleDir = join(root, "packages", "meshwork", "dist");
const ENTRIES = [
  "index",
  "demo",
  "cli",
  "node-process",
  "inline-process",
  "console-process",
  "watchdog-process",
  "chaos",
  "chaos-node",
  "chaos-agent",
  "chaos-services",
  "chaos-switch",
  "test-process",
  "soak-launcher",
  "soak-node",
  "soak-console",
];

/** A failure whose message is all there is to say; anything else is a bug of this script and shows its stack. */
class BuildError extends Error {}

const startedAt = performance.now();
try {
  mkdirSync(stamps, { recursive: true });
  await stage("types", typesInputs, typesOutputs, compile);
  await stage("bundle", bundleInputs, () => ENTRIES.map((name) => join(bundleDir, `${name}.js`)), bundle);
  await stage("page", pageInputs, () => [join(root, "packages/dashboard/dist/index.html")], page);
  await stage("examples", examplesInputs, examplesOutputs, examples);
  note(`built in ${seconds(startedAt)}`);
} catch (error) {
  process.stderr.write(`${error instanceof BuildError ? error.message : (error.stack ?? error)}\n`);
  process.exitCode = 1;
}

/** Runs `work` unless the inputs are those of the last run and all outputs are there. A stage without inputs is left out. */
async function stage(name, inputs, outputs, work) {
  const stampPath = join(stamps, `${name}.stamp`);
  const before = inputs();
  if (before.length === 0) return;
  const fresh = !force && outputs().every((path) => existsSync(path)) && readStamp(stampPath) === stampOf(before);
  if (fresh) return;
  const began = performance.now();
  rmSync(stampPath, { force: true });
  await work();
  writeFileSync(stampPath, stampOf(inputs()));
  note(`${name.padEnd(9)} ${seconds(began)}`);
}

// types

function projects() {
  return JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")).references.map(({ path }) => join(root, path));
}

function typesInputs() {
  const sources = projects().flatMap((path) => [
    join(path, "tsconfig.json"),
    join(path, "package.json"),
    ...filesIn(join(path, "src"), (file) => /\.tsx?$/.test(file) && !file.endsWith(".test.ts")),
  ]);
  return [...sources, join(root, "tsconfig.json"), join(root, "tsconfig.base.json"), join(root, "package-lock.json")];
}

function typesOutputs() {
  return projects().map((path) => join(path, "dist", ".tsbuildinfo"));
}

async function compile() {
  await run("tsc -b", [join(root, "node_modules/typescript/bin/tsc"), "-b"]);
}

// bundles

/** The metafile of the last bundle names every file that went in; before the first one there is only the source. */
function bundleInputs() {
  const listed = readStamp(join(stamps, "bundle.inputs"));
  const inputs = listed === undefined ? [] : JSON.parse(listed).map((path) => join(root, path));
  return [...filesIn(join(root, "packages/meshwork/src"), isSource), ...inputs, fileURLToPath(import.meta.url)];
}

async function bundle() {
  const { build } = await import("esbuild");
  for (const file of filesIn(bundleDir, (path) => path.endsWith(".js"))) rmSync(file);
  const source = join(root, "packages/meshwork/src");
  const elsewhere = {
    demo: join(source, "demo/index.ts"),
    cli: join(source, "cli/main.ts"),
    "watchdog-process": join(root, "packages/supervisor/dist/watchdog-process.js"),
    chaos: join(source, "chaos/index.ts"),
    "chaos-agent": join(root, "packages/chaos/dist/cluster/agent-process.js"),
    "chaos-services": join(root, "packages/chaos/dist/cluster/services-process.js"),
    "chaos-switch": join(root, "packages/chaos/dist/lab/switch-process.js"),
  };
  const entryPoints = Object.fromEntries(ENTRIES.map((name) => [name, elsewhere[name] ?? join(source, `${name}.ts`)]));
  const { metafile, errors } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: bundleDir,
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    mainFields: ["module", "main"],
    external: ["@number0/iroh"],
    minifySyntax: true,
    // Readable stacks: one line of 200 kB would be printed with each uncaught error.
    minifyWhitespace: false,
    legalComments: "none",
    banner: {
      // Some dependencies are CommonJS and call require() for Node's own modules.
      js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);',
    },
    metafile: true,
    logLevel: "silent",
  }).catch((error) => ({ errors: error.errors ?? [{ text: String(error) }] }));
  if (errors.length > 0) {
    const lines = errors.map(({ text, location }) => (location ? `${location.file}:${location.line}: ${text}` : text));
    throw new BuildError(`esbuild failed:\n  ${lines.slice(0, 20).join("\n  ")}`);
  }
  const inputs = Object.keys(metafile.inputs).filter((path) => !path.includes(":") && existsSync(join(root, path)));
  writeFileSync(join(stamps, "bundle.inputs"), JSON.stringify(inputs));
  writeFileSync(join(stamps, "bundle.meta.json"), JSON.stringify(metafile));
}

// page

function pageInputs() {
  const dashboard = join(root, "packages/dashboard");
  if (!existsSync(join(dashboard, "index.html"))) return [];
  return [
    ...filesIn(
      dashboard,
      (path) => !path.includes("/dist/") && !path.includes("/node_modules/") && !path.endsWith(".test.ts"),
    ),
    join(root, "package-lock.json"),
  ];
}

async function page() {
  await run(
    "vite build",
    [join(root, "node_modules/vite/bin/vite.js"), "build", "--logLevel", "warn"],
    "packages/dashboard",
  );
}

// examples

function exampleDirs() {
  return readdirSync(join(root, "examples"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, "examples", entry.name, "main.ts")))
    .map((entry) => join(root, "examples", entry.name));
}

function examplesInputs() {
  const mains = exampleDirs().map((path) => join(path, "main.ts"));
  return mains.length === 0
    ? []
    : [
        ...mains,
        join(root, "examples/tsconfig.json"),
        join(bundleDir, "index.d.ts"),
        join(bundleDir, "demo/index.d.ts"),
      ];
}

function examplesOutputs() {
  return exampleDirs().map((path) => join(path, "dist", "main.js"));
}

/** One compiler run checks all four; each output belongs into the `dist` of its own example. */
async function examples() {
  await run("tsc -p examples", [join(root, "node_modules/typescript/bin/tsc"), "-p", "examples"]);
  const { transform } = await import("esbuild");
  for (const path of exampleDirs()) {
    const { code } = await transform(readFileSync(join(path, "main.ts"), "utf8"), {
      loader: "ts",
      target: "node20.19",
    });
    mkdirSync(join(path, "dist"), { recursive: true });
    writeFileSync(join(path, "dist", "main.js"), code);
  }
}

// shared

function isSource(path) {
  return path.endsWith(".ts") && !path.endsWith(".test.ts");
}

function filesIn(directory, accept) {
  if (!existsSync(directory)) return [];
  const found = [];
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== "node_modules" && entry.name !== ".git") found.push(...filesIn(path, accept));
    } else if (accept(path)) found.push(path);
  }
  return found.sort();
}

function stampOf(paths) {
  const hash = createHash("sha256");
  for (const path of [...new Set(paths)].sort()) {
    const { size, mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { size: -1, mtimeMs: 0 };
    hash.update(`${relative(root, path)} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

function readStamp(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** Runs a Node script; its output is shown only when it fails. */
function run(label, args, directory = ".") {
  const environment = { ...process.env };
  delete environment.NODE_ENV;
  delete environment.FORCE_COLOR;
  environment.NO_COLOR = "1";
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: join(root, directory),
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const keep = (chunk) => {
      output = (output + chunk).slice(-16_384);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new BuildError(`${output.trimEnd()}\n${label} failed with exit code ${code}`));
    });
  });
}

function note(text) {
  process.stderr.write(`  ${text}\n`);
}

function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
