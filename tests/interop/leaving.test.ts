/** Peers that leave, stop, or are killed, as the other kind sees it. */
import { randomBytes } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { hears, hex, linked, type PeerProcess, startPeer, stopAll, unlinked } from "./peer-process.js";

const newTopic = () => randomBytes(32).toString("hex");
/** QUIC's own idle time-out is 30 s, and the binding tells of it up to 5 s later: nothing between foreign peers is faster. */
const KILL_NOTICED_MS = 45_000;

afterEach(stopAll);

async function pair(bootstrapped: "rust" | "ts"): Promise<{ rust: PeerProcess; ts: PeerProcess }> {
  const topic = newTopic();
  const first = await startPeer(bootstrapped === "rust" ? "ts" : "rust", { topic });
  const second = await startPeer(bootstrapped, { topic, bootstrap: [first] });
  await Promise.all([linked(first, second), linked(second, first)]);
  return bootstrapped === "rust" ? { rust: second, ts: first } : { rust: first, ts: second };
}

test.each(["rust", "ts"] as const)("leaving the topic is seen at once by the other kind (%s joined)", async (kind) => {
  const { rust, ts } = await pair(kind);
  rust.command("leave");
  await unlinked(ts, rust, 3_000);
  // It comes back through us: its process and our connection are still there.
  rust.command("subscribe");
  await rust.waitFor("the topic", ({ event }) => event === "left");
  rust.command(`join ${ts.seed}`);
  await Promise.all([linked(ts, rust), linked(rust, ts)]);
  ts.command("leave");
  await unlinked(rust, ts, 3_000);
});

test("stopping in order is seen at once by the other kind", async () => {
  const one = await pair("ts");
  const other = await pair("rust");
  await Promise.all([one.rust.quit(), other.ts.quit()]);
  await Promise.all([unlinked(one.ts, one.rust, 3_000), unlinked(other.rust, other.ts, 3_000)]);
});

test("a kill is seen on both sides when QUIC gives up, and the survivors' swarm goes on", async () => {
  const topic = newTopic();
  const rust = [await startPeer("rust", { topic })];
  rust.push(await startPeer("rust", { topic, bootstrap: rust }));
  // Each asks all before it, so that each is everybody's neighbour: what ForwardJoin alone makes is left to chance.
  const ts = [await startPeer("ts", { topic, bootstrap: rust })];
  ts.push(await startPeer("ts", { topic, bootstrap: [...rust, ...ts] }));
  const all = [...rust, ...ts];
  await Promise.all(all.flatMap((peer) => all.filter((other) => other !== peer).map((other) => linked(peer, other))));
  const [survivors, killed] = [
    [rust[0]!, ts[0]!],
    [rust[1]!, ts[1]!],
  ] as const;
  const startedAt = performance.now();
  await Promise.all(killed.map((peer) => peer.kill()));
  const seen: string[] = [];
  await Promise.all(
    survivors.flatMap((peer) =>
      killed.map(async (other) => {
        await unlinked(peer, other, KILL_NOTICED_MS);
        seen.push(`${peer.kind} saw ${other.kind} gone after ${Math.round(performance.now() - startedAt)} ms`);
      }),
    ),
  );
  console.log(seen.join("; "));
  expect(seen).toHaveLength(4);
  survivors[0].command(`broadcast ${hex("still here")}`);
  survivors[1].command(`broadcast ${hex("and so are we")}`);
  await Promise.all([hears(survivors[1], hex("still here")), hears(survivors[0], hex("and so are we"))]);
});
