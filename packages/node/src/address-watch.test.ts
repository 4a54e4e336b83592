import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchAddresses } from "./address-watch.js";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("a change is told once, until the next", () => {
  let addresses = ["10.0.0.1:7"];
  let told = 0;
  const stop = watchAddresses(
    ["0.0.0.0:7"],
    () => addresses,
    () => told++,
    100,
  );
  vi.advanceTimersByTime(500);
  addresses = ["10.0.9.1:7"];
  vi.advanceTimersByTime(500);
  expect(told).toBe(1);
  addresses = ["10.0.0.1:7"];
  vi.advanceTimersByTime(100);
  expect(told).toBe(2);
  stop();
  expect(vi.getTimerCount()).toBe(0);
});

test("who listens on certain addresses is not watched", () => {
  watchAddresses(
    ["127.0.0.1:7", "[::1]:7"],
    () => [],
    () => {},
    100,
  );
  expect(vi.getTimerCount()).toBe(0);
});
