/** `--bind` on both sides: a mesh across two hosts, here two network namespaces joined by a cable. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "vitest";
import { eventually, MESH_BIN, temporaryDirectory } from "../support/cluster.js";
import { cable, namespaceProblem } from "../support/namespaces.js";

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0).reverse()) stop();
});

test("a node on another host joins by mesh seed and both directories list it", async ({ skip }) => {
  const problem = namespaceProblem();
  if (problem !== undefined) skip(problem);
  const line = cable("mwh", "10.97.0");
  stops.push(() => line.remove());
  const [A, B] = line.names;

  const dataDir = temporaryDirectory();
  const run = (host: string, args: string[]) => {
    const child = spawn("ip", ["netns", "exec", host, process.execPath, MESH_BIN, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1" },
    });
    stops.push(() => child.kill("SIGKILL"));
    return child;
  };
  const text = async (host: string, args: string[]) => {
    const child = run(host, args);
    let out = "";
    let errors = "";
    child.stdout!.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr!.on("data", (chunk) => {
      errors += chunk;
    });
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    if (code !== 0) throw new Error(`mesh ${args.join(" ")}: ${errors}`);
    return out.trim();
  };
  const up = run(A, [
    ...["up", "--json", "--port", "0", "--data-dir", dataDir, "--bind", "10.97.0.1", "--no-traffic"],
    ...["--mesh", "mesh1", "--types", "gateway=1,broker=1"],
  ]);
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: up.stdout! }).on("line", (line) => {
      const event = JSON.parse(line);
      if (event.event === "converged") resolve();
      if (event.event === "timeout") reject(new Error(line));
    });
  });
  const seed = await text(A, ["seed", "--mesh", "mesh1", "--data-dir", dataDir]);
  expect(seed).toContain("@10.97.0.1:");
  const remote = run(B, [
    ...["node", "--mesh", "mesh1", "--type", "broker", "--bind", "10.97.0.2:0", "--seed", seed],
    ...["--data-dir", temporaryDirectory(), "--json"],
  ]);
  const ready = await new Promise<any>((resolve) => {
    createInterface({ input: remote.stdout! }).on("line", (line) => {
      const event = JSON.parse(line);
      if (event.name) resolve(event);
    });
  });
  const members = await eventually("the remote node is listed", 5_000, async () => {
    const answer = JSON.parse(await text(A, ["members", "--json", "--data-dir", dataDir]));
    const list = (answer.nodes ?? answer) as any[];
    return list.some((node) => node.name === ready.name) && list;
  });
  expect(members.find((node: any) => node.name === ready.name).location).toContain("10.97.0.2:");
  const sent = JSON.parse(
    await text(A, ["send", ready.name, "produce", "--data", "across", "--json", "--data-dir", dataDir]),
  );
  expect(sent.path.address).toContain("10.97.0.2:");
  up.kill("SIGTERM");
  await new Promise((resolve) => up.once("exit", resolve));
});
