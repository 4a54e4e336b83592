import { expect, test } from "vitest";
import { processOf } from "../../test/fake-supervisor.js";
import { systemClock } from "../clock.js";
import { VersionClock } from "../version-clock.js";
import { EventLog } from "./event-log.js";
import { ProcessEvents } from "./process-events.js";

const one = processOf({ key: "n1", name: "mesh1.broker.000001", pid: 11, state: "running" });

test("tells what lies between two lists, and nothing of the first", () => {
  const log = new EventLog(new VersionClock(), systemClock);
  const events = new ProcessEvents(log);
  const told = (...list: Parameters<ProcessEvents["listed"]>[0]) => {
    const before = log.size;
    events.listed(list);
    return log
      .newestFirst(log.size - before)
      .reverse()
      .map(({ kind, severity }) => `${kind} ${severity}`);
  };
  expect(told(one)).toEqual([]);
  expect(told(one)).toEqual([]);
  expect(told(one, processOf({ key: "n2", pid: 12, state: "booting" }))).toEqual(["process.started info"]);
  expect(told({ ...one, state: "frozen" })).toEqual(["process.frozen warn"]);
  expect(told(one)).toEqual(["process.thawed info"]);
  expect(told({ ...one, state: "exited", pid: null })).toEqual(["process.exited info"]);
  expect(told({ ...one, state: "exited", pid: null })).toEqual([]);
  expect(told({ ...one, pid: 13, state: "booting" })).toEqual(["process.started info"]);
  expect(told({ ...one, pid: 13, state: "exited", failure: "signal SIGSEGV" })).toEqual(["process.exited warn"]);
  expect(log.newestFirst(1)[0]).toMatchObject({ message: "mesh1.broker.000001: process 13 exited: signal SIGSEGV" });
});
