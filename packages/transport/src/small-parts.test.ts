import fc from "fast-check";
import { expect, test } from "vitest";
import { AddressBook } from "./address-book.js";
import { AsyncQueue } from "./async-queue.js";
import { fromArray, toArray } from "./bytes.js";
import { closeToken, reasonToken } from "./close-tokens.js";
import { ForeignPeers } from "./foreign-peers.js";
import { parseSocketAddress } from "./iroh/addresses.js";
import { Prober } from "./probe.js";
import { StallWatch } from "./stall-watch.js";
import { idOf } from "./testing/kit.js";
import { ManualClock } from "./testing/manual-clock.js";
import { CloseCode } from "./types.js";

test("bytes cross into arrays and back unchanged", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(fromArray(toArray(bytes))).toEqual(bytes);
    }),
  );
  expect(toArray(Uint8Array.of(1, 2, 3, 4), 1, 3)).toEqual([2, 3]);
  expect(Array.isArray(toArray(new Uint8Array(3)))).toBe(true);
});

test("the address book keeps the newest eight per peer and forgets the peers learned longest ago", () => {
  const book = new AddressBook(3, 8);
  book.learn(
    idOf(1),
    Array.from({ length: 20 }, (_, i) => `10.0.0.1:${i + 1}`),
  );
  expect(book.known(idOf(1))).toEqual(Array.from({ length: 8 }, (_, i) => `10.0.0.1:${i + 1}`));
  book.learn(idOf(1), ["10.0.0.2:5", "10.0.0.1:3"]);
  expect(book.known(idOf(1)).slice(0, 3)).toEqual(["10.0.0.2:5", "10.0.0.1:3", "10.0.0.1:1"]);
  expect(book.known(idOf(1))).toHaveLength(8);
  for (const n of [2, 3]) book.learn(idOf(n), ["[::1]:5"]);
  book.learn(idOf(1), ["10.0.0.9:1"]);
  book.learn(idOf(4), ["10.0.0.4:1"]);
  expect([book.size, book.known(idOf(2)), book.known(idOf(1))[0]]).toEqual([3, [], "10.0.0.9:1"]);
  book.forget(idOf(1));
  expect([book.size, book.known(idOf(1))]).toEqual([2, []]);
});

test("what is no address is passed over", () => {
  const book = new AddressBook(3, 8);
  book.learn(idOf(1), ["example.org:80", "1.2.3.4:0", "1.2.3.4", "", "[::1%lo]:1", "1.2.3.4:70000"]);
  book.learn("nobody", ["1.2.3.4:5"]);
  expect(book.size).toBe(0);
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseSocketAddress(text);
    }),
  );
});

test("foreign peers are remembered for ten minutes, and no more than the limit", () => {
  const foreign = new ForeignPeers(2, 600_000);
  foreign.remember("a", 0);
  expect([foreign.has("a", 599_999), foreign.has("a", 600_000), foreign.size]).toEqual([true, false, 0]);
  for (const id of ["a", "b", "c"]) foreign.remember(id, 0);
  expect([foreign.size, foreign.has("a", 1), foreign.has("c", 1)]).toEqual([2, false, true]);
  foreign.forget("c");
  expect(foreign.has("c", 1)).toBe(false);
});

test("a queue hands over in order, refuses beyond its bound, and ends for good", async () => {
  const queue = new AsyncQueue<number>(2);
  const early = queue.next();
  expect(queue.push(1)).toBe(true);
  expect(await early).toBe(1);
  expect([queue.push(2), queue.push(3), queue.push(4), queue.size]).toEqual([true, true, false, 2]);
  queue.end();
  expect([await queue.next(), await queue.next(), await queue.next(), await queue.next()]).toEqual([2, 3, null, null]);
  expect(queue.push(5)).toBe(false);
});

test("every close code has its token, and reasons stay within a fixed set", () => {
  for (const [token, code] of Object.entries(CloseCode)) {
    expect(closeToken(code)).toBe(token);
    expect(token).toMatch(/^[\x20-\x7e]{1,64}$/);
    expect(reasonToken({ by: "peer", code, reason: token })).toBe(token);
  }
  expect(reasonToken({ by: "peer", code: 0, reason: "close from disconnect" })).toBe("peer");
  expect(reasonToken({ by: "peer", code: 4_711, reason: "whatever" })).toBe("peer");
  expect(reasonToken({ by: "timeout", code: -1, reason: "" })).toBe("timeout");
  expect(reasonToken({ by: "lost", code: -1, reason: "endpoint driver future was dropped" })).toBe("lost");
});

test("probes under way are bounded, and what cannot be sent fails at once", async () => {
  const clock = new ManualClock();
  let counter = 0;
  const prober = new Prober(
    clock,
    (bytes) => {
      counter += 1;
      return new Uint8Array(bytes).fill(counter);
    },
    2,
  );
  const lost = prober.probe("a", 100, () => {}).catch((error: unknown) => error);
  const kept = prober.probe("b", 100, () => {}).catch((error: unknown) => error);
  await expect(prober.probe("c", 100, () => {})).rejects.toMatchObject({ code: "MESH_E_OVERLOADED" });
  prober.fail(new Error("gone"), "a");
  expect(await lost).toMatchObject({ message: "gone" });
  const unsent = prober.probe("c", 100, () => {
    throw new Error("no path");
  });
  await expect(unsent).rejects.toThrow("no path");
  await clock.advance(100);
  expect(await kept).toMatchObject({ code: "MESH_E_TIMEOUT" });
  expect([prober.size, clock.pendingTimers]).toEqual([0, 0]);
  expect(prober.receive("a", Uint8Array.of(2, 0, 1))).toBe(false);
  expect(prober.receive("a", Uint8Array.of(2, 9, 1, 2, 3, 4, 5, 6, 7, 8))).toBe(false);
  expect(prober.receive("a", Uint8Array.of(2, 0, 1, 2, 3, 4, 5, 6, 7, 8))).toEqual(
    Uint8Array.of(2, 1, 1, 2, 3, 4, 5, 6, 7, 8),
  );
});

test("the stall watch runs no timer while nothing is under way", async () => {
  const clock = new ManualClock();
  const watch = new StallWatch(clock, 5_000);
  const stalled: string[] = [];
  const item = (name: string) => ({
    busySinceMs: clock.now() as number | undefined,
    onStalled: () => {
      stalled.push(name);
    },
  });
  const [quick, stuck] = [item("quick"), item("stuck")];
  watch.note(quick);
  watch.note(stuck);
  quick.busySinceMs = undefined;
  await clock.advance(4_900);
  expect([stalled, watch.size]).toEqual([[], 1]);
  await clock.advance(1_100);
  expect([stalled, watch.size, clock.pendingTimers]).toEqual([["stuck"], 0, 0]);
});
