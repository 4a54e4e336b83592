/** Who asks the console: once, when seen, and again only where nobody answered. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiFailure } from "./api-client.js";
import { ask, type Seen } from "./asking.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function asked(call: () => Promise<string>, page: Seen) {
  const said: string[] = [];
  const end = ask(
    {
      call,
      onAsk: () => said.push("ask"),
      onAnswer: (answer) => said.push(answer),
      onFailure: ({ status }) => said.push(`failure ${status}`),
    },
    page,
  );
  return { said, end };
}

const pageOf = (hidden: boolean) => Object.assign(new EventTarget(), { hidden });
const MINUTE_MS = 60_000;

test("what was answered, and what was refused, is not asked again by itself", async () => {
  const answered = asked(async () => "yes", pageOf(false));
  const refused = asked(async () => {
    throw new ApiFailure(403, "MESH_E_NO_CHAOS", "", "");
  }, pageOf(false));
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(answered.said).toEqual(["ask", "yes"]);
  expect(refused.said).toEqual(["ask", "failure 403"]);
});

test("where nobody answered it is asked again until somebody does, or until it ends", async () => {
  let calls = 0;
  const call = async () => {
    calls += 1;
    if (calls < 3) throw new ApiFailure(0, "", "the console does not answer", "");
    return "yes";
  };
  const { said } = asked(call, pageOf(false));
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(said).toEqual(["ask", "failure 0", "ask", "failure 0", "ask", "yes"]);
  const other = asked(async () => {
    throw new Error("no console");
  }, pageOf(false));
  await vi.advanceTimersByTimeAsync(0);
  other.end();
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(other.said).toEqual(["ask", "failure 0"]);
});

test("a page that nobody sees asks when it is seen, once", async () => {
  const page = pageOf(true);
  const { said } = asked(async () => "yes", page);
  const ended = asked(async () => "never", page);
  ended.end();
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(said).toEqual([]);
  page.hidden = false;
  for (let times = 0; times < 2; times += 1) page.dispatchEvent(new Event("visibilitychange"));
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect([said, ended.said]).toEqual([["ask", "yes"], []]);
});

test("an answer that comes after the end is not told", async () => {
  let answer = (_text: string) => {};
  const { said, end } = asked(
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
    pageOf(false),
  );
  end();
  answer("late");
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(said).toEqual(["ask"]);
});
