/** A process whose node is shut down ends by itself: no socket, timer or retry of a sink holds it. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { closedUrl, startCollector } from "../test/collector.js";

const HERE = dirname(fileURLToPath(import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "meshwork-telemetry-"));
const script = join(directory, "node.mjs");

beforeAll(async () => {
  await build({
    stdin: {
      contents: `
        import { createTelemetry } from "./create.ts";
        const node = createTelemetry({ serviceName: "broker", serviceVersion: "0", meshId: "m", nodeName: "n", nodeId: "i",
          sinks: [{ name: "sink", url: process.argv[2] }], metricsIntervalMs: 1_000 });
        await node.withSpan("s", {}, () => {});
        if (process.argv[3] === "flush") await node.flush(1_000);
        await node.withSpan("t", {}, () => {});
        await node.shutdown(300);
        process.stdout.write(JSON.stringify(node.stats()[0]) + "\\n");`,
      resolveDir: HERE,
      loader: "ts",
    },
    bundle: true,
    platform: "node",
    format: "esm",
    mainFields: ["module", "main"], // half the load time and memory of the CommonJS builds
    outfile: script,
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs a node to its end; `lingeredMs` is from the end of its shutdown to its exit. */
async function run(url: string, ...args: string[]) {
  const child = spawn(process.execPath, [script, url, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  let shutDownAt = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    shutDownAt = performance.now();
  });
  const code = await new Promise((resolve) => child.on("exit", resolve));
  return { code, stats: JSON.parse(output), lingeredMs: performance.now() - shutDownAt };
}

test("with a collector that answers and keeps connections alive", async () => {
  const sink = await startCollector();
  const { code, stats, lingeredMs } = await run(sink.url, "flush");
  expect(code).toBe(0);
  expect(stats).toMatchObject({ exportedSpans: 2, droppedSpans: 0 });
  expect(lingeredMs).toBeLessThan(400);
  await sink.close();
});

test("with a collector that never answers", async () => {
  const sink = await startCollector("hang");
  const { code, stats, lingeredMs } = await run(sink.url);
  expect(code).toBe(0);
  expect(stats).toMatchObject({ exportedSpans: 0, droppedSpans: 2 });
  expect(lingeredMs).toBeLessThan(400);
  await sink.close();
});

test("with a collector that is down: at most the exporter's one retry", async () => {
  const { code, stats, lingeredMs } = await run(await closedUrl());
  expect(code).toBe(0);
  expect(stats).toMatchObject({ exportedSpans: 0, droppedSpans: 2 });
  expect(lingeredMs).toBeLessThan(1_600);
});
