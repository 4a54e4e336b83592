import { expect, test } from "vitest";
import { parseLedger } from "./ledger.js";

test("what does not bear the lab's own prefix is never removed", () => {
  const text = JSON.stringify({
    namespaces: ["mwlabcdh1", "other", "mwlabcd/../other", "mwl9999h1"],
    mounts: ["/tmp/mwlabcd/small", "/home", "/tmp/mwlabcd/../../home"],
    controlGroups: ["/sys/fs/cgroup/cpu/mwlabcd-h1", "/sys/fs/cgroup/cpu", "/tmp/mwlabcd"],
    directories: ["/tmp/mwlabcd", "/", "/etc"],
    processes: [{ pid: 1, startTime: "1" }, { pid: 77, startTime: "1" }, { pid: "x" }, null],
  });
  expect(parseLedger("abcd", text)).toMatchObject({
    namespaces: ["mwlabcdh1"],
    mounts: ["/tmp/mwlabcd/small"],
    controlGroups: ["/sys/fs/cgroup/cpu/mwlabcd-h1"],
    directories: ["/tmp/mwlabcd"],
    processes: [{ pid: 77, startTime: "1" }],
  });
});

test("a damaged ledger still names its lab, so that its namespaces are found by their prefix", () => {
  expect(parseLedger("abcd", '{"namespaces":["mwl')).toMatchObject({ id: "abcd", namespaces: [], processes: [] });
});
