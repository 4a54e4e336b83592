/**
 * The demo as a library: `behave(node)` gives a node the demo's behaviour of its type (broker, gateway, compute, registry).
 *
 * Every node, whatever its type, answers `demo.start`, `demo.stop` and `demo.status` with `{"running":…}` and `ping` with the
 * body it was sent. Nodes of other types do only that.
 */
import type { MeshNode } from "@meshwork/node";
import type { Behaviour } from "./behaviour.js";
import { broker } from "./broker.js";
import { compute } from "./compute.js";
import { gateway } from "./gateway.js";
import { registry } from "./registry.js";
import { TRAFFIC_INTERVAL_MS, Traffic } from "./traffic.js";

export { RECORD_LOG_LIMITS, RecordLog, type RecordLogLimits } from "./record-log.js";

export interface DemoOptions {
  /** Whether the node makes traffic from the start. Default true. */
  readonly traffic?: boolean;
  /** Mean time between two operations of this node. Default 3,000. */
  readonly intervalMs?: number;
}

export interface Demo {
  readonly running: boolean;
  /** Operations that this node's traffic had answered, and that failed. */
  readonly counts: { readonly done: number; readonly failed: number };
  start(): void;
  stop(): void;
  /** Stops the traffic and removes the handlers. */
  remove(): void;
}

const BEHAVIOURS: Readonly<Record<string, (node: MeshNode) => Behaviour>> = { broker, compute, gateway, registry };

/** Throws MESH_E_HANDLER_EXISTS where the node already handles one of the demo's operations. */
export function behave(node: MeshNode, options: DemoOptions = {}): Demo {
  const { handlers, operations } = (Object.hasOwn(BEHAVIOURS, node.type) ? BEHAVIOURS[node.type] : undefined)?.(
    node,
  ) ?? {
    handlers: [],
    operations: [],
  };
  const traffic = new Traffic(operations, {
    intervalMs: options.intervalMs ?? TRAFFIC_INTERVAL_MS,
    random: Math.random,
  });
  const status = () => ({ body: JSON.stringify({ running: traffic.running }) });
  const common = [
    node.handle("ping", ({ body }) => ({ body })),
    node.handle("demo.status", status),
    node.handle("demo.start", () => {
      traffic.start();
      return status();
    }),
    node.handle("demo.stop", () => {
      traffic.stop();
      return status();
    }),
  ];
  void node.closed.then(() => traffic.stop());
  if (options.traffic ?? true) traffic.start();
  return {
    get running() {
      return traffic.running;
    },
    get counts() {
      return traffic.counts;
    },
    start: () => traffic.start(),
    stop: () => traffic.stop(),
    remove: () => {
      traffic.stop();
      for (const removal of [...handlers, ...common]) removal();
    },
  };
}
