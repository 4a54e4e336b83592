import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bootNode, type DirectoryChange, type MeshNode } from "@meshwork/node";
import { afterEach, expect, test } from "vitest";
import { Synthetic } from "./synthetic.js";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function startBoth(meshes: readonly string[], nodes: number) {
  const dataDir = mkdtempSync(join(tmpdir(), "meshwork-synthetic-"));
  closers.push(() => rmSync(dataDir, { recursive: true, force: true }));
  const types = new Map([
    ["broker", 2],
    ["gateway", 1],
  ]);
  const synthetic = new Synthetic({ meshes, nodes, types, dataDir, changedShare: 0.5 });
  const node = await bootNode(
    {
      mesh: "mesh1",
      type: "console",
      observe: meshes.slice(1),
      dataDir: join(dataDir, "console"),
      sharedProcess: true,
    },
    { env: {}, bindEndpoint: synthetic.bindEndpoint },
  );
  closers.push(() => synthetic.close());
  closers.push(() => node.close());
  const changes: DirectoryChange[] = [];
  node.directory.onChange((change) => changes.push(change));
  await synthetic.start(node);
  return { synthetic, node, changes, dataDir };
}

function until(node: MeshNode, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    if (holds()) return resolve();
    const off = node.directory.onChange(() => {
      if (!holds()) return;
      off();
      resolve();
    });
  });
}

test("50 made-up members come to the console's node over the wire, change, die by two signatures, and answer for their figures", async () => {
  const { synthetic, node, changes, dataDir } = await startBoth(["mesh1", "mesh2"], 50);
  await until(node, () => node.directory.entries().filter(({ id }) => id !== node.id).length === 50);
  const inMesh = (mesh: string) => node.directory.entries({ mesh });
  expect(inMesh("mesh1")).toHaveLength(26);
  expect(inMesh("mesh2")).toHaveLength(25);
  expect(new Set(node.directory.entries().map(({ type }) => type))).toEqual(new Set(["broker", "gateway", "console"]));

  await until(node, () => changes.some(({ kind }) => kind === "dead"));
  const death = changes.find((change) => change.kind === "dead");
  expect(death?.kind === "dead" && new Set(death.by).size).toBe(2);
  expect(changes.some(({ kind }) => kind === "updated")).toBe(true);
  expect(synthetic.view()).toEqual({ nodes: 50, populated: true, changedPerSecond: 25 });

  const target = node.directory.entries().find(({ record }) => record.neighbors.length > 0 && record.id !== node.id);
  for await (const stats of node.watchStats(target?.id ?? "", { intervalMs: 250 })) {
    expect(stats).toMatchObject({ id: target?.id, name: target?.name, cpuBudgetCores: target?.record.cpuBudgetCores });
    break;
  }
  await synthetic.close();
  expect(readdirSync(join(dataDir, "synthetic"))).toEqual([]);
});

test("who leaves says so, and who is gone comes back as another life", async () => {
  const { node, changes } = await startBoth(["mesh1"], 50);
  await until(node, () => changes.some(({ kind }) => kind === "left"));
  const again = () => changes.filter(({ kind }) => kind === "joined").length > 50;
  await until(node, again);
  const lives = node.directory.entries().map(({ record }) => record.generation);
  expect(Math.max(...lives)).toBeGreaterThan(1);
}, 60_000);

test("too few for an overlay are refused", () => {
  const options = { meshes: ["a", "b"], types: new Map([["broker", 1]]), dataDir: "unused" };
  expect(() => new Synthetic({ ...options, nodes: 31 })).toThrow(expect.objectContaining({ code: "MESH_E_USAGE" }));
});
