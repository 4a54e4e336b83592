/** A boot that hangs says where: each step is held in turn, and the console's boot trace names it within 10 s. */
import { type BootStepName, bootNode } from "@meshwork/node";
import { afterEach, expect, test } from "vitest";
import { type Cluster, consoleEnv, eventually, mesh, startCluster, temporaryDirectory } from "../support/cluster.js";

let cluster: Cluster | undefined;
afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
});

const STEPS: BootStepName[] = [
  "identity_loaded",
  "endpoint_created",
  "alpn_registered",
  "gossip_started",
  "accept_loop_started",
];

test("each held step is named as stalled by the API and by mesh trace", async () => {
  cluster = await startCluster(["--mesh", "mesh1", "--types", "gateway=1", "--no-traffic"]);
  const releases: (() => void)[] = [];
  const boots = STEPS.map((held) => {
    const hold = new Promise<void>((resolve) => releases.push(resolve));
    return bootNode(
      {
        mesh: "mesh1",
        type: `held-${held.replaceAll("_", "-")}`,
        dataDir: temporaryDirectory(),
        telemetry: { url: cluster!.url, token: cluster!.token },
        sharedProcess: true,
      },
      { env: {}, onStep: (step) => (step === held ? hold : undefined) },
    );
  });
  try {
    for (const held of STEPS) {
      const type = `held-${held.replaceAll("_", "-")}`;
      const { trace, step } = await eventually(`${held} is named`, 10_000, async () => {
        const { traces } = await cluster!.api("/api/traces?limit=200");
        for (const summary of traces.filter((t: any) => t.services.includes(type) && t.errorCount > 0)) {
          const trace = await cluster!.api(`/api/traces/${summary.traceId}`);
          const step = trace.spans.find((span: any) => span.status === "error" && span.name.startsWith("mesh.boot."));
          if (step) return { trace, step };
        }
        return undefined;
      });
      expect(step.name).toBe(held === "identity_loaded" ? "mesh.boot.identity_minted" : `mesh.boot.${held}`);
      expect(step.statusMessage).toContain("stalled");
      const printed = await mesh(["trace", trace.traceId], consoleEnv(cluster));
      expect(printed.stdout).toContain(step.name);
      expect(printed.stdout).toContain("stalled");
    }
  } finally {
    for (const release of releases) release();
    for (const node of await Promise.all(boots)) await node.close();
  }
});
