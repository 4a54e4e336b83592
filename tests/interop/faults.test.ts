/**
 * What iroh-gossip 0.101 is known to do wrong must not harm us: it keeps connections for ever, does not answer a Join it has no
 * topic for and never repeats its own, sends on to peers that have left, and stops sending where a message was too large.
 */
import { randomBytes } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { hears, hex, linked, type PeerProcess, startPeer, stopAll, unlinked } from "./peer-process.js";

const newTopic = () => randomBytes(32).toString("hex");

afterEach(stopAll);

async function connectionsWith(peer: PeerProcess, other: PeerProcess): Promise<number> {
  return (await peer.report()).peers.find(({ id }) => id === other.id)?.connections ?? 0;
}

test("a Rust peer that left keeps the connection: we close it when it is idle, and open another when it is back", async () => {
  const topic = newTopic();
  const theirs = await startPeer("rust", { topic });
  const ours = await startPeer("ts", { topic, bootstrap: [theirs], idleMs: 2_000 });
  await linked(ours, theirs);
  const since = ours.events.length;
  theirs.command("leave");
  await unlinked(ours, theirs);
  await ours.waitFor(
    "the connection's end",
    (event) => event.event === "connection-closed" && event.peer === theirs.id,
    {
      since,
    },
  );
  const report = await ours.report();
  expect(report.closed.idle).toBe(1);
  expect(report.sizes).toMatchObject({ connections: 0, peers: 0, gossipStreamsIn: 0, gossipStreamsOut: 0 });
  theirs.command("subscribe");
  ours.command(`join ${theirs.seed}`);
  await Promise.all([linked(ours, theirs), linked(theirs, ours)]);
});

test("superseded connections of a Rust peer do not pile up", async () => {
  const topic = newTopic();
  const secret = randomBytes(32).toString("hex");
  const ours = await startPeer("ts", { topic, idleMs: 2_000 });
  // Each life of the peer is killed, so that nothing is closed; the next one dials with the same key.
  let theirs = await startPeer("rust", { topic, secret, bootstrap: [ours] });
  await linked(ours, theirs);
  for (let life = 0; life < 5; life++) {
    const since = theirs.events.length;
    await theirs.kill();
    expect(since).toBeGreaterThan(0);
    theirs = await startPeer("rust", { topic, secret, bootstrap: [ours] });
    await linked(theirs, ours);
    expect(await connectionsWith(ours, theirs)).toBeLessThanOrEqual(4);
  }
  theirs.command(`broadcast ${hex("sixth life")}`);
  await hears(ours, hex("sixth life"));
  ours.command(`broadcast ${hex("we hear you")}`);
  await hears(theirs, hex("we hear you"));
});

test("no answer to Join: we ask again until the Rust peer has the topic", async () => {
  const topic = newTopic();
  const theirs = await startPeer("rust", { topic });
  theirs.command("leave");
  await theirs.waitFor("the topic left", ({ event }) => event === "left");
  const ours = await startPeer("ts", { topic, bootstrap: [theirs], joinRetryMs: 300 });
  await ours.until("a connection", () => true);
  await expect.poll(async () => connectionsWith(ours, theirs)).toBe(1);
  expect(ours.neighbors.size).toBe(0);
  theirs.command("subscribe");
  await Promise.all([linked(ours, theirs), linked(theirs, ours)]);
});

test("a Rust peer whose one Join went to a peer that was down is in the swarm once that peer dials it", async () => {
  const topic = newTopic();
  const secret = randomBytes(32).toString("hex");
  const early = await startPeer("ts", { topic, secret });
  const { seed } = early;
  await early.kill();
  const theirs = await startPeer("rust", { topic, bootstrapSeeds: [seed] });
  const ours = await startPeer("ts", { topic, secret, bootstrap: [theirs] });
  await Promise.all([linked(ours, theirs), linked(theirs, ours)]);
});

test("a topic that we left: what Rust peers still send is dropped, and nothing is held for it", async () => {
  const topic = newTopic();
  const theirs = await startPeer("rust", { topic });
  const further = await startPeer("rust", { topic, bootstrap: [theirs], shuffleMs: 500 });
  const ours = await startPeer("ts", { topic, bootstrap: [theirs], idleMs: 2_000, shuffleMs: 500 });
  await Promise.all([linked(ours, theirs), linked(further, theirs)]);
  ours.command("leave");
  await unlinked(theirs, ours);
  // Their passive views still have us: a lost neighbour makes them ask, and nobody answers.
  further.command("leave");
  await unlinked(theirs, further);
  theirs.command(`broadcast ${hex("to nobody")}`);
  await expect.poll(async () => (await ours.report()).sizes.connections, { timeout: 15_000 }).toBe(0);
  const report = await ours.report();
  expect(report.violations).toEqual([]);
  expect(ours.received).toEqual([]);
  expect(report.sizes).toMatchObject({ topics: 0, peerTopics: 0, holds: 0 });
});

test("a broadcast above the limit is refused by us, and harms only the Rust peer that sends one", async () => {
  const topic = newTopic();
  const rust = await startPeer("rust", { topic });
  const other = await startPeer("rust", { topic, bootstrap: [rust] });
  await linked(other, rust);
  // Each asks all before it, so that each is everybody's neighbour: what ForwardJoin alone makes is left to chance.
  const ours = await startPeer("ts", { topic, bootstrap: [rust, other] });
  const more = await startPeer("ts", { topic, bootstrap: [rust, other, ours] });
  const all = [rust, other, ours, more];
  await Promise.all(all.flatMap((peer) => all.filter((each) => each !== peer).map((each) => linked(peer, each))));

  ours.command(`broadcast ${"00".repeat(4_057)}`);
  const refused = await ours.waitFor("the refusal", ({ event }) => event === "error");
  expect(refused.message).toContain("4056");
  // 4,090 bytes do not fit its own frame either: its send loops end, and with them what it sends to anybody.
  rust.command(`broadcast ${"11".repeat(4_090)}`);
  rust.command(`broadcast ${hex("unheard, perhaps")}`);
  for (const [index, peer] of [other, ours, more].entries()) {
    const content = hex(`after it ${index}`);
    peer.command(`broadcast ${content}`);
    await Promise.all([other, ours, more].filter((each) => each !== peer).map((each) => hears(each, content)));
  }
  for (const peer of [ours, more]) {
    expect((await peer.report()).violations).toEqual([]);
    expect(peer.received.every(({ content }) => content.length <= 2 * 4_056)).toBe(true);
  }
});
