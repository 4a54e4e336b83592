/**
 * A real Jaeger and a real OpenTelemetry Collector, built by the Go toolchain from modules that its proxy serves and its checksum
 * database vouches for.
 *
 * Jaeger's main program is built inside a copy of its module: that has a `replace`, which `go install` of another's module refuses. The
 * Collector is the plain one (OTLP in, OTLP/HTTP out; tests/full/otelcol/main.go is what its builder would write), built in the same
 * copy, with the versions of Jaeger's go.sum. Both are kept under ~/.cache/meshwork/; a first build takes minutes.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const MODULE = "github.com/jaegertracing/jaeger";
const VERSION = "v1.76.0";
const COLLECTOR_SOURCE = join("tests", "full", "otelcol", "main.go");

/** `{ jaeger, otelcol, version }`, paths of the programs; or `{ reason }` why there are none. Throws where a build fails. */
export async function goTools(log) {
  const root = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "meshwork");
  const source = createHash("sha256").update(readFileSync(COLLECTOR_SOURCE)).digest("hex").slice(0, 12);
  const jaeger = join(root, `jaeger-${VERSION}`);
  const otelcol = join(root, `otelcol-${VERSION}-${source}`);
  const missing = [
    { program: jaeger, directory: join("cmd", "all-in-one") },
    { program: otelcol, directory: join("cmd", "meshwork-otelcol"), main: COLLECTOR_SOURCE },
  ].filter(({ program }) => !existsSync(program));
  if (missing.length > 0) {
    const version = spawnSync("go", ["version"], { encoding: "utf8" });
    if (version.status !== 0) return { reason: "no Go toolchain (https://go.dev/dl)" };
    log(`${version.stdout.trim()}: fetching ${MODULE}@${VERSION}`);
    const fetched = spawnSync("go", ["mod", "download", "-json", `${MODULE}@${VERSION}`], { encoding: "utf8" });
    if (fetched.status !== 0) return { reason: `${MODULE}@${VERSION} cannot be had: ${firstLine(fetched)}` };
    mkdirSync(root, { recursive: true });
    const copy = mkdtempSync(join(root, "go-build-"));
    try {
      cpSync(JSON.parse(fetched.stdout).Dir, copy, { recursive: true });
      makeWritable(copy);
      for (const { program, directory, main } of missing) {
        if (main !== undefined) {
          mkdirSync(join(copy, directory), { recursive: true });
          cpSync(main, join(copy, directory, "main.go"));
        }
        log(`building ${directory}; the first time that takes minutes`);
        const built = await build(copy, directory, `${program}.new`);
        if (built !== undefined) return { reason: `${directory} of ${MODULE} does not build here: ${built}` };
        renameSync(`${program}.new`, program);
      }
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  }
  return { jaeger, otelcol, version: VERSION };
}

/** Undefined where it went well, else the compiler's last words. `readonly`: nothing that go.sum does not vouch for. */
function build(cwd, directory, output) {
  const args = ["build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w", "-o", output];
  return new Promise((resolve) => {
    const child = spawn("go", [...args, `./${directory}`], { cwd, stdio: ["ignore", "ignore", "pipe"] });
    let text = "";
    child.stderr.on("data", (chunk) => {
      text = (text + chunk).slice(-4_000);
    });
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code) =>
      resolve(code === 0 ? undefined : (text.trim().split("\n").at(-1) ?? `exit code ${code}`)),
    );
  });
}

/** Go's module cache is read-only, and a copy of it too. */
function makeWritable(directory) {
  chmodSync(directory, 0o755);
  for (const entry of readdirSync(directory, { withFileTypes: true }))
    if (entry.isDirectory()) makeWritable(join(directory, entry.name));
}

const firstLine = ({ stdout, stderr }) => `${stdout}${stderr}`.trim().split("\n")[0]?.slice(0, 300);
