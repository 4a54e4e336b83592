/** What the documents show runs: the README's library example as it stands there, and the four example nodes with their presets. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { temporaryDirectory } from "../support/cluster.js";

const ROOT = join(import.meta.dirname, "..", "..");
const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
});

function run(args: string[], cwd: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  const output = { text: "" };
  const listeners = new Set<() => void>();
  const onData = (chunk: Buffer) => {
    output.text += chunk;
    for (const listener of listeners) listener();
  };
  child.stdout.on("data", onData);
  child.stderr.on("data", onData);
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  const printed = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(output.text);
        if (match !== null) resolve(match);
      };
      listeners.add(look);
      look();
      void exited.then((code) => reject(new Error(`ended with ${code}: ${output.text}`)));
    });
  return { child, output, exited, printed };
}

test("the README's library example runs as it stands", async () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const [, code] = /```js\n([\s\S]*?)```/.exec(readme) ?? [];
  expect(code).toContain("startNode");
  // Beside the workspace's node_modules, so that "meshwork" resolves as it does for a user.
  const file = join(ROOT, "out", `readme-${process.pid}.mjs`);
  const dir = temporaryDirectory();
  mkdirSync(join(ROOT, "out"), { recursive: true });
  writeFileSync(file, code!.replaceAll('".mesh/', `"${dir}/`));
  try {
    const { exited, output } = run([file], ROOT);
    expect(await exited, output.text).toBe(0);
    expect(output.text).toMatch(/^got 5 bytes from mesh1\.gateway\.[0-9a-f]{6} \d+\.\d+ ms$/m);
  } finally {
    rmSync(file, { force: true });
  }
});

test.each(["broker", "gateway", "compute", "registry"])(
  "examples/%s starts with its preset and stops on SIGTERM",
  async (type) => {
    const dir = join(ROOT, "examples", type);
    expect(readFileSync(join(dir, "main.ts"), "utf8").trim().split("\n").length).toBeLessThanOrEqual(16);
    const { child, exited, printed } = run(["--env-file=.env.dev", "dist/main.js"], dir, {
      MESH_ID: "examples",
      MESH_DATA_DIR: temporaryDirectory(),
    });
    await printed(new RegExp(`examples\\.${type}\\.[0-9a-f]{6}`));
    child.kill("SIGTERM");
    expect(await exited).toBe(0);
  },
);
