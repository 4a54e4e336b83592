/**
 * Boot: five real steps under one root span, `mesh.node.ready`. Each child times exactly its step; one that is still open after
 * 5 s ends as `stalled` and is exported with the root, so that the trace shows how far the node got.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Hello, nodeName, PROTOCOL_VERSION } from "@meshwork/protocol";
import { ATTR, BootTrace, createTelemetry, SPAN } from "@meshwork/telemetry";
import {
  ALPN_GOSSIP,
  ALPN_MESHWORK,
  bindIrohEndpoint,
  CloseCode,
  createTransport,
  type LinkEndpoint,
} from "@meshwork/transport";
import { type Identity, loadIdentity } from "./identity.js";
import { createHash, meshTopics } from "./meshes.js";
import { NodeRuntime } from "./node-runtime.js";
import { resolveOptions } from "./options.js";
import { sinksOverMesh, TelemetrySpool } from "./telemetry-spool.js";
import type { MeshNode, NodeOptions } from "./types.js";
import type { Environment } from "./variables.js";
import { VERSION } from "./version.js";

export type BootStepName =
  | "identity_loaded"
  | "endpoint_created"
  | "alpn_registered"
  | "gossip_started"
  | "accept_loop_started";

/** For tests, which hold a step to see that the trace names it, and for a supervisor that shows progress. */
export interface BootHooks {
  readonly env?: Environment;
  /** Runs inside the step's span, before its work. */
  readonly onStep?: (step: BootStepName) => Promise<void> | void;
  readonly onStalled?: (step: string) => void;
  readonly stalledAfterMs?: number;
  /** Another link than iroh's, for a node on a network inside its own process. It must accept no protocol yet. */
  readonly bindEndpoint?: (id: string) => LinkEndpoint;
}

/** Monotonic milliseconds; the only clock that decides anything. */
const now = () => performance.now();

export async function bootNode(options: NodeOptions, hooks: BootHooks = {}): Promise<MeshNode> {
  const calledAtMs = now();
  const resolved = resolveOptions(options, hooks.env ?? process.env);
  let tellName: (name: string | undefined) => void = () => {};
  let tellId: (id: string | undefined) => void = () => {};
  const spool = new TelemetrySpool();
  const telemetry = createTelemetry({
    serviceName: resolved.type,
    serviceVersion: VERSION,
    meshId: resolved.mesh,
    nodeName: new Promise((resolve) => {
      tellName = resolve;
    }),
    nodeId: new Promise((resolve) => {
      tellId = resolve;
    }),
    sinks: sinksOverMesh(resolved, spool),
    sampleRatio: resolved.sampleRatio,
    metricsIntervalMs: resolved.metricsIntervalMs,
  });
  const boot = new BootTrace({
    telemetry,
    attributes: { [ATTR.meshId]: resolved.mesh, [ATTR.nodeType]: resolved.type },
    ...(hooks.stalledAfterMs === undefined ? {} : { stalledAfterMs: hooks.stalledAfterMs }),
    ...(hooks.onStalled === undefined ? {} : { onStalled: hooks.onStalled }),
  });
  const step = async (name: BootStepName) => hooks.onStep?.(name);
  const undo: (() => Promise<void> | void)[] = [];
  try {
    const minted = !existsSync(join(resolved.dataDir, "identity.json"));
    const identity: Identity = await boot.step(
      minted ? SPAN.bootIdentityMinted : SPAN.bootIdentityLoaded,
      { [ATTR.path]: join(resolved.dataDir, "identity.json") },
      async () => {
        await step("identity_loaded");
        return loadIdentity(resolved.dataDir);
      },
    );
    undo.push(() => identity.release());
    const name = nodeName(resolved.mesh, resolved.type, identity.id);
    tellName(name);
    tellId(identity.id);
    boot.setAttributes({ [ATTR.nodeId]: identity.id, [ATTR.nodeName]: name });

    const endpoint = await boot.step(SPAN.bootEndpointCreated, {}, async (span) => {
      await step("endpoint_created");
      const bind = resolved.bind === undefined ? {} : { bind: resolved.bind };
      const created =
        hooks.bindEndpoint?.(identity.id) ??
        (await bindIrohEndpoint({ secretKey: identity.secretKey, alpns: [], ...bind }));
      span.setAttributes({ [ATTR.bindAddress]: created.boundAddresses().join(",") });
      return created;
    });
    undo.push(() => endpoint.close(CloseCode.shutdown, "boot failed"));

    await boot.step(SPAN.bootAlpnRegistered, { [ATTR.alpn]: `${ALPN_MESHWORK},${ALPN_GOSSIP}` }, async () => {
      await step("alpn_registered");
      endpoint.setAlpns([ALPN_MESHWORK, ALPN_GOSSIP]);
    });

    const { runtime, transport } = await boot.step(SPAN.bootGossipStarted, {}, async (span) => {
      await step("gossip_started");
      const hash = await createHash();
      const topics = meshTopics(resolved.mesh, resolved.observe, hash);
      span.setAttributes({ [ATTR.topic]: topics.map((topic) => topic.topic).join(",") });
      const bootNonce = randomBytes(8).toString("hex");
      const hello: Hello = {
        protocolVersion: PROTOCOL_VERSION,
        bootNonce,
        mesh: resolved.mesh,
        topics: topics.map((topic) => topic.topic),
        role: "member",
        name,
      };
      const transport = createTransport({ endpoint, hello, accepting: false });
      const runtime = new NodeRuntime({
        options: resolved,
        identity,
        bootNonce,
        name,
        transport,
        telemetry,
        spool,
        topics,
        hash,
        now,
      });
      undo.push(() => runtime.close("boot failed"));
      runtime.startGossip();
      return { runtime, transport };
    });

    await boot.step(SPAN.bootAcceptLoopStarted, {}, async () => {
      await step("accept_loop_started");
      transport.start();
    });
    boot.ready();
    runtime.ready({ bootMs: resolved.sharedProcess ? now() - calledAtMs : now(), bootTraceId: boot.traceId });
    return runtime;
  } catch (error) {
    tellName(undefined);
    tellId(undefined);
    boot.fail(error);
    for (const work of undo.reverse()) await work();
    spool.close();
    await telemetry.shutdown(2_000);
    throw error;
  }
}
