/** The bootstrap on small checkouts of its own, with an npm that only notes how it was called: no network, no real install. */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";

const scripts = fileURLToPath(new URL("../../scripts/", import.meta.url));
const helper = (name: string) => import(join(scripts, "bootstrap", name));

const FAKE_NPM = `#!${process.execPath}
const fs = require("node:fs");
fs.appendFileSync("npm.log", JSON.stringify({ args: process.argv.slice(2), env: process.env }) + "\\n");
if (fs.existsSync("npm.fail")) {
  for (let line = 1; line <= 100; line++) console.error("npm line " + line);
  process.exit(9);
}
fs.mkdirSync("node_modules", { recursive: true });
fs.writeFileSync("node_modules/.package-lock.json", JSON.stringify({ packages: {} }));
`;
const BUILD = `
import { appendFileSync, existsSync } from "node:fs";
appendFileSync("build.log", "in ");
while (existsSync("build.hold")) await new Promise((resolve) => setTimeout(resolve, 20));
await new Promise((resolve) => setTimeout(resolve, 150));
appendFileSync("build.log", "out ");
`;
const JOB = `
const wait = process.argv.includes("--wait");
if (wait) {
  process.on("SIGTERM", () => { console.log("told"); process.exit(7); });
  setInterval(() => {}, 1000);
} else process.exitCode = 3;
console.log(JSON.stringify(process.argv.slice(2)));
`;

const checkouts: string[] = [];
afterEach(() => {
  for (const dir of checkouts.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function checkout(): string {
  const dir = mkdtempSync(join(tmpdir(), "meshwork-bootstrap-"));
  checkouts.push(dir);
  for (const folder of ["scripts", "bin", "packages/meshwork/bin"]) mkdirSync(join(dir, folder), { recursive: true });
  cpSync(join(scripts, "bootstrap.mjs"), join(dir, "scripts/bootstrap.mjs"));
  cpSync(join(scripts, "bootstrap"), join(dir, "scripts/bootstrap"), { recursive: true });
  const files = {
    "package.json": JSON.stringify({ name: "x", type: "module" }),
    "package-lock.json": JSON.stringify({ packages: { "": { name: "x" } } }),
    "bin/package.json": JSON.stringify({ type: "commonjs" }),
    "scripts/build.mjs": BUILD,
    "packages/meshwork/bin/mesh.js": JOB,
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(dir, path), text);
  writeFileSync(join(dir, "bin/npm"), FAKE_NPM, { mode: 0o755 });
  return dir;
}

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; out: string; err: string }>;
  sees(text: string): Promise<void>;
}

function bootstrap(dir: string, args: string[], options: { env?: NodeJS.ProcessEnv; wrap?: string[] } = {}): Run {
  const { npm_execpath: _, ...env } = process.env;
  const path = `${join(dir, "bin")}${delimiter}${process.env.PATH}`;
  const argv = [...(options.wrap ?? []), join(dir, "scripts/bootstrap.mjs"), ...args];
  const child = spawn(process.execPath, argv, { cwd: dir, env: { ...env, PATH: path, ...options.env } });
  const text = { out: "", err: "" };
  let check = (): void => {};
  child.stdout.on("data", (chunk) => {
    text.out += chunk;
    check();
  });
  child.stderr.on("data", (chunk) => {
    text.err += chunk;
    check();
  });
  return {
    child,
    ended: new Promise((resolve) => child.once("close", (code) => resolve({ code, ...text }))),
    sees: (wanted) =>
      new Promise((resolve, reject) => {
        check = () => (text.out + text.err).includes(wanted) && resolve();
        child.once("close", () => reject(new Error(`ended without '${wanted}': ${text.err}`)));
        check();
      }),
  };
}

const npmCalls = (dir: string): { args: string[]; env: Record<string, string> }[] =>
  existsSync(join(dir, "npm.log"))
    ? readFileSync(join(dir, "npm.log"), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
    : [];

async function until(condition: () => boolean): Promise<void> {
  const startedAt = performance.now();
  while (!condition()) {
    if (performance.now() - startedAt > 10_000) throw new Error("not within 10 s");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("the first run installs, untouched by its parent's settings; later ones only when a dependency changed", async () => {
  const dir = checkout();
  const env = { NODE_ENV: "production", npm_config_loglevel: "silent", npm_config_omit: "dev", npm_config_cache: "/c" };
  const first = await bootstrap(dir, ["start", "--json"], { env }).ended;
  expect(first).toMatchObject({ code: 3, out: '["up","--json"]\n' });
  const [call] = npmCalls(dir);
  expect(call?.args).toEqual(expect.arrayContaining(["ci", "--include=dev", "--loglevel=error"]));
  expect(call?.env).toMatchObject({ npm_config_cache: "/c" });
  for (const key of ["NODE_ENV", "npm_config_loglevel", "npm_config_omit"]) expect(call?.env).not.toHaveProperty(key);

  await bootstrap(dir, ["start"]).ended;
  expect(npmCalls(dir)).toHaveLength(1);
  // A manifest that changes without its dependencies costs no install; one whose dependencies change does.
  writeFileSync(join(dir, "package.json"), JSON.stringify({ name: "x", type: "module", description: "y" }));
  await bootstrap(dir, ["start"]).ended;
  expect(npmCalls(dir)).toHaveLength(1);
  writeFileSync(join(dir, "package.json"), JSON.stringify({ name: "x", type: "module", dependencies: { y: "1.0.0" } }));
  await bootstrap(dir, ["start"]).ended;
  expect(npmCalls(dir)).toHaveLength(2);
  // An install that was cut off has left no record of its tree.
  rmSync(join(dir, "node_modules/.package-lock.json"));
  await bootstrap(dir, ["start"]).ended;
  expect(npmCalls(dir)).toHaveLength(3);
});

test("a failing install says what was run, its first and last lines, and the job does not start", async () => {
  const dir = checkout();
  writeFileSync(join(dir, "npm.fail"), "");
  const { code, out, err } = await bootstrap(dir, ["start"]).ended;
  expect([code, out]).toEqual([9, ""]);
  expect(err).toMatch(/failed \(exit code 9\)\n {2}npm ci --include=dev/);
  expect(err).toContain("npm line 1\n");
  expect(err).toMatch(/npm line 100\n$/);
  expect(err).not.toContain("npm line 50\n");
  expect(existsSync(join(dir, "build.log"))).toBe(false);
});

test("signals go on to the job and its exit code comes back", async () => {
  const dir = checkout();
  const run = bootstrap(dir, ["start", "--wait"]);
  await run.sees("--wait");
  run.child.kill("SIGTERM");
  expect(await run.ended).toMatchObject({ code: 7, out: expect.stringContaining("told") });
});

test("a signal during the set-up ends it without starting the job", async () => {
  const dir = checkout();
  writeFileSync(join(dir, "build.hold"), "");
  const run = bootstrap(dir, ["start"]);
  await until(() => existsSync(join(dir, "build.log")));
  run.child.kill("SIGINT");
  expect(await run.ended).toMatchObject({ code: 130, out: "" });
  expect(existsSync(join(dir, "out/bootstrap.lock"))).toBe(false);
});

test("two at once take turns; the lock of a dead one is taken over", async () => {
  const dir = checkout();
  mkdirSync(join(dir, "out"));
  writeFileSync(join(dir, "out/bootstrap.lock"), JSON.stringify([{ pid: process.pid, start: "another process" }]));
  const runs = await Promise.all([1, 2, 3].map(() => bootstrap(dir, ["prepare"]).ended));
  expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(readFileSync(join(dir, "build.log"), "utf8")).toBe("in out in out in out ");
  expect(npmCalls(dir)).toHaveLength(1);
  expect(runs.filter(({ err }) => err.includes("waiting for process"))).toHaveLength(2);
});

test("where npm was killed during the set-up the job is not started", async () => {
  const dir = checkout();
  writeFileSync(join(dir, "build.hold"), "");
  const asNpm = `process.title = "npm start";
    require("node:child_process").spawn(process.execPath, process.argv.slice(1), { stdio: "inherit" });`;
  const run = bootstrap(dir, ["start"], { wrap: ["-e", asNpm] });
  await until(() => existsSync(join(dir, "build.log")));
  run.child.kill("SIGKILL");
  rmSync(join(dir, "build.hold"));
  const { out, err } = await run.ended;
  expect(out).toBe("");
  expect(err).toContain("is gone: not starting");
});

test("an unknown job and a missing script get a clear line", async () => {
  const dir = checkout();
  expect(await bootstrap(dir, ["nope"]).ended).toMatchObject({
    code: 2,
    err: expect.stringContaining("no such job 'nope'"),
  });
  expect(await bootstrap(dir, ["bench"]).ended).toMatchObject({
    code: 1,
    err: expect.stringContaining("bench/run.mjs"),
  });
});

test("the installed tree is compared with the lock", async () => {
  const { treeMismatch } = await helper("install-state.mjs");
  const lock = {
    "": {},
    "packages/a": {},
    "node_modules/a": { link: true },
    "node_modules/b": { version: "1.0.0", integrity: "i" },
    "node_modules/c": { version: "1.0.0", optional: true },
  };
  const tree = { "node_modules/a": { link: true }, "node_modules/b": { version: "1.0.0", integrity: "i" } };
  expect(treeMismatch(lock, tree)).toBeUndefined();
  expect(treeMismatch(lock, { ...tree, "node_modules/b": { version: "1.0.1", integrity: "i" } })).toBe("b changed");
  expect(treeMismatch(lock, { "node_modules/a": {} })).toBe("b is missing");
  expect(treeMismatch(lock, { ...tree, "node_modules/d": {} })).toBe("node_modules/d is superfluous");
});

test("a lock made where not every platform is served is completed from the pins", async () => {
  const { completeLock } = await helper("complete-lock.mjs");
  const optionalDependencies = { "p-linux-x64-musl": "1.2.3", "p-darwin-arm64": "1.2.3", "p-linux-x64": "1.2.3" };
  const packages = {
    "": {},
    "node_modules/p": { version: "1.2.3", dev: true, optionalDependencies },
    "node_modules/p-linux-x64": { version: "1.2.3", integrity: "i" },
  };
  const { packages: completed, added } = completeLock(packages);
  expect(added).toEqual(["node_modules/p-linux-x64-musl", "node_modules/p-darwin-arm64"]);
  expect(Object.keys(completed)).toEqual([
    "",
    "node_modules/p",
    ...added.slice(1),
    "node_modules/p-linux-x64",
    added[0],
  ]);
  const musl = { version: "1.2.3", cpu: ["x64"], dev: true, libc: ["musl"], optional: true, os: ["linux"] };
  expect(completed["node_modules/p-linux-x64-musl"]).toEqual(musl);
  expect(completeLock(completed).added).toEqual([]);
  const loose = { "node_modules/p": { optionalDependencies: { fsevents: "^2" } } };
  expect(() => completeLock(loose)).toThrow("fsevents");
});
