/** One swarm of Rust and TypeScript peers: joining from either side, broadcasts, and what keeps tree and views in shape. */
import { randomBytes } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { hears, hex, linked, type PeerProcess, type PeerReport, startPeer, stopAll } from "./peer-process.js";

const SHUFFLE_MS = 1_000;
const newTopic = () => randomBytes(32).toString("hex");

afterEach(stopAll);

test("a TypeScript peer joins a Rust swarm through one of its members", async () => {
  const topic = newTopic();
  const first = await startPeer("rust", { topic });
  const second = await startPeer("rust", { topic, bootstrap: [first] });
  await Promise.all([linked(first, second), linked(second, first)]);
  const ours = await startPeer("ts", { topic, bootstrap: [first] });
  await Promise.all([linked(ours, first), linked(first, ours)]);
  // The second hears of us by ForwardJoin alone, and dials the addresses in it.
  await Promise.all([linked(ours, second), linked(second, ours)]);
  ours.command(`broadcast ${hex("from TypeScript")}`);
  second.command(`broadcast ${hex("from Rust")}`);
  await Promise.all([hears(first, hex("from TypeScript")), hears(second, hex("from TypeScript"))]);
  await Promise.all([hears(first, hex("from Rust")), hears(ours, hex("from Rust"))]);
  const report = await ours.report();
  expect(report.peers.every(({ alpn }) => alpn === "/iroh-gossip/1")).toBe(true);
  expect(report.violations).toEqual([]);
});

test("a Rust peer joins a TypeScript swarm through one of its members", async () => {
  const topic = newTopic();
  const first = await startPeer("ts", { topic });
  const second = await startPeer("ts", { topic, bootstrap: [first] });
  await Promise.all([linked(first, second), linked(second, first)]);
  const theirs = await startPeer("rust", { topic, bootstrap: [first] });
  await Promise.all([linked(theirs, first), linked(first, theirs)]);
  await Promise.all([linked(theirs, second), linked(second, theirs)]);
  theirs.command(`broadcast ${hex("from Rust")}`);
  second.command(`broadcast ${hex("from TypeScript")}`);
  await Promise.all([hears(first, hex("from Rust")), hears(second, hex("from Rust"))]);
  await Promise.all([hears(first, hex("from TypeScript")), hears(theirs, hex("from TypeScript"))]);
  for (const peer of [first, second]) {
    const { peers, violations } = await peer.report();
    expect(violations).toEqual([]);
    for (const { id, alpn } of peers) expect(alpn).toBe(id === theirs.id ? "/iroh-gossip/1" : "/meshwork/1");
  }
});

/** Each joins through the one before, kinds in turn, so that every join is across. */
async function mixedSwarm(topic: string): Promise<PeerProcess[]> {
  const peers: PeerProcess[] = [];
  for (const kind of ["rust", "ts", "rust", "ts", "rust", "ts"] as const) {
    const bootstrap = peers.slice(-1);
    const peer = await startPeer(kind, { topic, bootstrap, shuffleMs: SHUFFLE_MS });
    peers.push(peer);
    for (const other of bootstrap) await linked(peer, other);
  }
  return peers;
}

function sum(reports: readonly PeerReport[], direction: "sent" | "received"): Record<string, number> {
  const total: Record<string, number> = {};
  for (const { foreign } of reports) {
    for (const [kind, count] of Object.entries(foreign[direction])) total[kind] = (total[kind] ?? 0) + count;
  }
  return total;
}

test("3 + 3 peers: no broadcast is missed, heard twice or changed; tree and views are kept by both", async () => {
  const peers = await mixedSwarm(newTopic());
  const rounds = 50;
  const contents: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const wave = peers.map((peer, index) => {
      // From the empty one to the largest that every forwarder can pass on.
      const bytes = round === 0 && index < 2 ? 4_056 : [20, 100, 1_000, 4_000][round % 4]!;
      const content = Buffer.concat([Buffer.from([round, index]), randomBytes(bytes - 2)]).toString("hex");
      peer.command(`broadcast ${content}`);
      return content;
    });
    contents.push(...wave);
    await Promise.all(
      wave.flatMap((content, index) => peers.filter((_, other) => other !== index).map((peer) => hears(peer, content))),
    );
  }
  for (const peer of peers) {
    const heard = peer.received.map((event) => event.content as string);
    expect(heard).toHaveLength(rounds * (peers.length - 1));
    expect(new Set(heard).size).toBe(heard.length);
    expect(heard.every((content) => contents.includes(content))).toBe(true);
  }

  // Shuffles go once a second here; wait until each side has seen the other's, and their answers.
  const ours = peers.filter(({ kind }) => kind === "ts");
  const wanted = ["prune", "graft", "ihave", "shuffle", "shuffle-reply", "forward-join", "neighbor", "gossip"];
  let sent: Record<string, number> = {};
  let received: Record<string, number> = {};
  const missing = () => wanted.filter((kind) => !(sent[kind] && received[kind]));
  // A Graft takes an announcement that is ahead of what it announces: rare where nothing is lost, so many may have to speak at once.
  for (let look = 0; look < 400; look++) {
    const reports = await Promise.all(ours.map((peer) => peer.report()));
    for (const { violations, droppedFrames } of reports) {
      expect(violations).toEqual([]);
      expect(droppedFrames).toBe(0);
    }
    sent = sum(reports, "sent");
    received = sum(reports, "received");
    if (missing().length === 0) break;
    // Traffic is what prunes and grafts come from: a wave from each, heard by all.
    const wave = peers.map((speaker) => {
      const content = randomBytes(look % 2 === 0 ? 40 : 4_000).toString("hex");
      speaker.command(`broadcast ${content}`);
      return { speaker, content };
    });
    await Promise.all(
      wave.flatMap(({ speaker, content }) =>
        peers.filter((peer) => peer !== speaker).map((peer) => hears(peer, content)),
      ),
    );
    if (look % 10 > 0) continue;
    await new Promise((resolve) => setTimeout(resolve, SHUFFLE_MS / 4));
  }
  console.log(`between TypeScript and Rust: sent ${JSON.stringify(sent)}, received ${JSON.stringify(received)}`);
  expect(missing()).toEqual([]);

  // Both ALPNs in one swarm, each where it belongs.
  for (const peer of ours) {
    for (const { id, alpn } of (await peer.report()).peers) {
      const kind = peers.find((other) => other.id === id)?.kind;
      expect(alpn).toBe(kind === "rust" ? "/iroh-gossip/1" : "/meshwork/1");
    }
  }
});

test("broadcasts to neighbours alone reach neighbours of the other kind", async () => {
  const topic = newTopic();
  const theirs = await startPeer("rust", { topic });
  const ours = await startPeer("ts", { topic, bootstrap: [theirs] });
  await Promise.all([linked(ours, theirs), linked(theirs, ours)]);
  ours.command(`broadcast-neighbors ${hex("a")}`);
  theirs.command(`broadcast-neighbors ${hex("b")}`);
  expect(await hears(theirs, hex("a"))).toMatchObject({ scope: "neighbors", from: ours.id });
  expect(await hears(ours, hex("b"))).toMatchObject({ scope: "neighbors", from: theirs.id });
});
