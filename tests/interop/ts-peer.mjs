/**
 * A TypeScript gossip peer as a process, the counterpart of `interop/src/bin/peer.rs`: the same arguments, commands and events, so
 * that a test drives either. No directory, no probes: transport and gossip router alone, driven as the node drives them.
 *
 * Beyond the Rust one: `--idle-ms` (when unused connections are closed), `--join-retry-ms` (first retry of Join), `--swallow KIND`
 * (a fault for the tests' own test: messages of that kind are not sent), `--garble KIND` (or sent with a wrong byte), and the command
 * `report`, answered with an event of that name: messages by kind, sent to and received from peers on `/iroh-gossip/1`
 * (`foreign`) and on `/meshwork/1` (`own`), the neighbours, the connections, the sizes of all collections and the counters.
 */
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import {
  DecodeError,
  decodeAddrInfo,
  decodeTopicMessage,
  encodeAddrInfo,
  encodeTopicMessage,
  GossipRouter,
  parseSeed,
} from "@meshwork/protocol";
import { ALPN_GOSSIP, createIrohTransport } from "@meshwork/transport";
import { createBLAKE3 } from "hash-wasm";

const args = { topic: "", bootstrap: [], secret: randomBytes(32).toString("hex") };
for (let index = 2; index < process.argv.length; index += 2) {
  const [word, value] = [process.argv[index].slice(2), process.argv[index + 1]];
  if (word === "bootstrap") args.bootstrap.push(value);
  else args[word] = value;
}

const print = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const now = () => performance.now();
const topicBytes = new Uint8Array(Buffer.from(args.topic, "hex"));
const hasher = await createBLAKE3();
const transport = await createIrohTransport({
  secretKey: new Uint8Array(Buffer.from(args.secret, "hex")),
  hello: {
    protocolVersion: 1,
    bootNonce: randomBytes(8).toString("hex"),
    mesh: "interop",
    topics: [args.topic],
    role: "member",
    name: "interop.peer.000000",
  },
  ...(args["idle-ms"] === undefined ? {} : { limits: { idleMs: Number(args["idle-ms"]) } }),
});
const retryMs = Number(args["join-retry-ms"] ?? 1_000);
const router = new GossipRouter({
  self: transport.id,
  hash: (bytes) => hasher.init().update(bytes).digest("binary"),
  random: Math.random,
  config: {
    joinRetryDelaysMs: [retryMs, 2 * retryMs, 4 * retryMs],
    joinRetrySteadyMs: 30 * retryMs,
    ...(args["shuffle-ms"] === undefined ? {} : { shuffleIntervalMs: Number(args["shuffle-ms"]) }),
  },
});

/** Kinds are those of the codec; the map is bounded by them. */
const counts = { foreign: { sent: {}, received: {} }, own: { sent: {}, received: {} } };
const violations = [];
/** Timers that are due later; cleared at the end. Each leaves when it fires. */
const timers = new Set();
/** A neighbour's connection is kept while it is one. */
const holds = new Map();

function count(peerId, direction, kind) {
  const side = transport.peer(peerId)?.alpn === ALPN_GOSSIP ? counts.foreign : counts.own;
  side[direction][kind] = (side[direction][kind] ?? 0) + 1;
}

function handle(input) {
  apply(router.handle(args.topic, input, now()));
}

function apply(outputs) {
  for (const { output } of outputs) {
    switch (output.kind) {
      case "send": {
        const final = output.message.kind === "disconnect";
        if (args.swallow === output.message.kind) break;
        const frame = encodeTopicMessage(output.message);
        if (args.garble === output.message.kind) frame[2] ^= 0x7f; // the id of a Gossip, the option of a Join
        transport.sendGossip(output.to, topicBytes, frame, final);
        count(output.to, "sent", output.message.kind);
        break;
      }
      case "schedule": {
        const timer = setTimeout(() => {
          timers.delete(timer);
          handle({ kind: "timer", timer: output.timer });
        }, output.afterMs);
        timers.add(timer);
        break;
      }
      case "neighbor-up":
        holds.get(output.peer)?.();
        holds.set(output.peer, transport.hold(output.peer, "neighbor"));
        print({ event: "neighbor-up", peer: output.peer });
        break;
      case "neighbor-down":
        holds.get(output.peer)?.();
        holds.delete(output.peer);
        print({ event: "neighbor-down", peer: output.peer });
        break;
      case "received":
        print({
          event: "received",
          content: Buffer.from(output.content).toString("hex"),
          from: output.deliveredFrom,
          scope: output.scope.kind,
          round: output.scope.round ?? null,
        });
        break;
      case "peer-data":
        learn(output.peer, output.data);
        break;
    }
  }
}

function learn(peerId, data) {
  try {
    const { directAddresses } = decodeAddrInfo(data);
    if (directAddresses.length > 0) transport.learnAddresses(peerId, directAddresses);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    violations.push(`peer data of ${peerId}: ${error.message}`);
  }
}

transport.onEvent((event) => {
  if (event.kind === "gossip") {
    try {
      const message = decodeTopicMessage(event.frame);
      count(event.peerId, "received", message.kind);
      if (Buffer.from(event.topic).toString("hex") === args.topic)
        handle({ kind: "message", from: event.peerId, message });
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      violations.push(`frame of ${event.peerId}: ${error.message}`);
    }
  } else if (event.kind === "dial-failed" || (event.kind === "peer-lost" && event.reason !== "idle")) {
    print({ event: "peer-lost", peer: event.peerId, reason: event.reason ?? event.code });
    apply(router.peerLost(event.peerId, now()));
  } else if (event.kind === "connection-closed") {
    print({ event: "connection-closed", peer: event.peerId, reason: event.reason });
  } else if (event.kind === "violation") {
    violations.push(`${event.peerId}: ${event.what}`);
  }
});

function join(seeds) {
  const peers = seeds.map(parseSeed);
  for (const peer of peers) transport.learnAddresses(peer.id, [peer.address]);
  handle({ kind: "join", peers: peers.map((peer) => peer.id) });
}

router.setOwnData(encodeAddrInfo({ relayUrl: undefined, directAddresses: [...transport.boundAddresses()] }), now());
const address = transport.boundAddresses().find((text) => text.startsWith("127."));
print({ event: "ready", id: transport.id, address });
join(args.bootstrap);

const commands = {
  broadcast: (content) =>
    handle({ kind: "broadcast", content: new Uint8Array(Buffer.from(content, "hex")), scope: "swarm" }),
  "broadcast-neighbors": (content) =>
    handle({ kind: "broadcast", content: new Uint8Array(Buffer.from(content, "hex")), scope: "neighbors" }),
  join: (seed) => join([seed]),
  leave: () => {
    handle({ kind: "quit" });
    for (const release of holds.values()) release();
    holds.clear();
    print({ event: "left" });
  },
  subscribe: () => join([]),
  report: () =>
    print({
      event: "report",
      ...counts,
      violations,
      neighbors: [...router.activeView(args.topic)],
      peers: transport.peers().map(({ id, alpn, connections }) => ({ id, alpn, connections })),
      sizes: { ...transport.sizes(), ...router.sizes() },
      closed: transport.counters.connectionsClosed,
      droppedFrames: transport.counters.droppedFrames,
    }),
  quit: () => end(),
};

async function end() {
  handle({ kind: "quit" });
  for (const timer of timers) clearTimeout(timer);
  await transport.close("shutdown");
  print({ event: "ended" });
  process.exit(0);
}

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const [word, value = ""] = line.trim().split(" ");
  try {
    const command = commands[word];
    if (command === undefined) throw new Error(`unknown command ${JSON.stringify(line)}`);
    command(value);
  } catch (error) {
    print({ event: "error", message: error.message });
  }
});
lines.on("close", () => end());
