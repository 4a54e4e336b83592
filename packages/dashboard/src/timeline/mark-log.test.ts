import type { HistoryMark } from "@meshwork/console/api-types";
import { expect, test } from "vitest";
import { joinedMarks } from "./mark-log.js";

const mark = (id: number) => ({ id, atMs: id * 10 }) as HistoryMark;
const row = (id: number) => ({ value: mark(id), receivedAtMs: 0 });

test("what the stream brought follows what was asked for, once; what is too old is left out", () => {
  const { marks, gap } = joinedMarks([mark(1), mark(2), mark(3)], [row(5), row(4), row(3)], 20);
  expect(marks.map(({ id }) => id)).toEqual([2, 3, 4, 5]);
  expect(gap).toBe(false);
});

test("missing ones are noticed", () => {
  expect(joinedMarks([mark(1)], [row(4), row(3)], 0).gap).toBe(true);
  expect(joinedMarks([], [], 0).gap).toBe(false);
});
