/** The tests, in the order in which all of them run: the quick ones first. What each needs is loaded with it. */
import type { MeshTest } from "./mesh-test.js";

const MINUTE_MS = 60_000;

export const MESH_TESTS: readonly MeshTest[] = [
  {
    name: "framer-round-trip",
    checks: "frames come out of a stream as they went in, however it is cut into chunks",
    expectedMs: 500,
    run: async (stage) => (await import("./frames.js")).framerRoundTrip(stage),
  },
  {
    name: "framer-truncation",
    checks: "a stream that ends inside a frame is known for it, in the decoder and on a real connection",
    expectedMs: 500,
    run: async (stage) => (await import("./frames.js")).framerTruncation(stage),
  },
  {
    name: "traced-frame",
    checks: "a frame carries its trace: the server's span is a child of the client's, as two nodes export them",
    expectedMs: 1_500,
    run: async (stage) => (await import("./traced-frame.js")).tracedFrame(stage),
  },
  {
    name: "unknown-tag",
    checks: "a stream of a tag that nobody has is refused with a code and counted; its connection serves on",
    expectedMs: 1_000,
    run: async () => (await import("./streams.js")).unknownTag(),
  },
  {
    name: "bi-stream-echo",
    checks: "between two endpoints, what is written comes back to the byte, both ways",
    expectedMs: 1_000,
    run: async (stage) => (await import("./streams.js")).biStreamEcho(stage),
  },
  {
    name: "stream-flood",
    checks:
      "32 workers ask for 10 s on one connection without an error; who does not read holds up its own stream alone",
    expectedMs: 14_000,
    run: async (stage) => (await import("./flood.js")).streamFlood(stage),
  },
  {
    name: "all-types-present",
    checks: "in two meshes every node reaches one of every type by name, from its own directory",
    expectedMs: 8_000,
    run: async (stage) => (await import("./meshes.js")).allTypesPresent(stage),
  },
  {
    name: "half-removed",
    checks:
      "half of ten nodes are killed: gone from every survivor's directory, and every survivor answers every other",
    expectedMs: 12_000,
    run: async (stage) => (await import("./meshes.js")).halfRemoved(stage),
  },
  {
    name: "swarm-forms",
    checks: "twelve nodes become one overlay of links that both ends hold, and gossip comes to each",
    expectedMs: 6_000,
    run: async (stage) => (await import("./meshes.js")).swarmForms(stage),
  },
  {
    name: "mesh-to-mesh",
    checks: "gateways reach the other mesh by name; nobody else lists, names or feels any of it",
    expectedMs: 14_000,
    run: async (stage) => (await import("./meshes.js")).meshToMesh(stage),
  },
  {
    name: "soak-1m",
    checks: "a minute of faults and traffic on 18 nodes: nothing lost, nobody falsely dead, all back at the baseline",
    expectedMs: 4 * MINUTE_MS,
    run: async (stage) => (await import("./soaks.js")).shortSoak({ durationMs: MINUTE_MS, intervalMs: 8_000 }, stage),
  },
  {
    name: "soak-5m",
    checks: "the same for five minutes",
    expectedMs: 8 * MINUTE_MS,
    run: async (stage) =>
      (await import("./soaks.js")).shortSoak({ durationMs: 5 * MINUTE_MS, intervalMs: 10_000 }, stage),
  },
];
