/** The tests' own test: peers that are broken on purpose must be found out by the very waits that the other files rely on. */
import { randomBytes } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { hears, hex, linked, startPeer, stopAll, unlinked } from "./peer-process.js";

const BRIEFLY_MS = 1_500;

afterEach(stopAll);

test.each([{ swallow: "gossip" }, { garble: "gossip" }])(
  "a peer that does not pass broadcasts on (%o) is noticed",
  async (fault) => {
    const topic = randomBytes(32).toString("hex");
    const theirs = await startPeer("rust", { topic });
    const ours = await startPeer("ts", { topic, bootstrap: [theirs], ...fault });
    await Promise.all([linked(ours, theirs), linked(theirs, ours)]);
    theirs.command(`broadcast ${hex("this way it works")}`);
    await hears(ours, hex("this way it works"));
    ours.command(`broadcast ${hex("lost")}`);
    await expect(hears(theirs, hex("lost"), BRIEFLY_MS)).rejects.toThrow("not within");
  },
);

test.each([{ swallow: "neighbor" }, { garble: "join" }])("a peer that cannot join (%o) is noticed", async (fault) => {
  const topic = randomBytes(32).toString("hex");
  const [first, second] = "garble" in fault ? (["rust", "ts"] as const) : (["ts", "rust"] as const);
  const bootstrap = await startPeer(first, { topic, ...fault });
  const joiner = await startPeer(second, { topic, bootstrap: [bootstrap], ...fault });
  await expect(linked(joiner, bootstrap, BRIEFLY_MS)).rejects.toThrow("not within");
});

test("a peer that leaves without a word is noticed", async () => {
  const topic = randomBytes(32).toString("hex");
  const theirs = await startPeer("rust", { topic });
  const ours = await startPeer("ts", { topic, bootstrap: [theirs], swallow: "disconnect" });
  await Promise.all([linked(ours, theirs), linked(theirs, ours)]);
  ours.command("leave");
  await expect(unlinked(theirs, ours, BRIEFLY_MS)).rejects.toThrow("not within");
});
