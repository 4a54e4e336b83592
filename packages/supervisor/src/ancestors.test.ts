import { expect, test } from "vitest";
import { selectAncestors } from "./ancestors.js";
import { type ProcessInfo, parsePs, parseStat, readProcess } from "./process-identity.js";

const chain = (...commands: string[]): ProcessInfo[] =>
  commands.map((command, index) => ({
    pid: index === commands.length - 1 ? 1 : 100 - index,
    parentPid: 0,
    startTime: "1",
    alive: true,
    name: command.startsWith("npm ") ? command.slice(0, 15) : command.split(" ")[0]!.split("/").at(-1)!,
    command,
  }));
const selected = (...commands: string[]): string[] => selectAncestors(chain(...commands)).map(({ command }) => command);

test("npm, the shell it runs and the bootstrap count; the user's shell and all above it do not", () => {
  const boot = "node scripts/bootstrap.mjs start";
  const sh = "sh -c node scripts/bootstrap.mjs start";
  expect(selected(boot, sh, "npm start", "bash", "sshd", "init")).toEqual([boot, sh, "npm start"]);
  const titleless = "node /usr/bin/npm start";
  expect(selected(boot, sh, titleless, "-zsh", "init")).toEqual([boot, sh, titleless]);
  const npx = "npm exec mesh up";
  expect(selected("sh -c mesh up", npx, "bash", "init")).toEqual(["sh -c mesh up", npx]);
});

test("a shell that npm does not run ends the walk, pid 1 too", () => {
  expect(selected("bash run.sh", "python3 harness.py", "init")).toEqual([]);
  expect(selected("npm start", "python3 harness.py", "make", "init")).toEqual([
    "npm start",
    "python3 harness.py",
    "make",
  ]);
  expect(selected("npm start")).toEqual([]);
  expect(selected("node x", "bash", "zsh", "npm start", "init")).toEqual(["node x"]);
});

test("process lines are read whatever the name holds", () => {
  const fields = Array.from({ length: 49 }, (_, index) => index + 4).join(" ");
  expect(parseStat(`12 (a) b (c)) S ${fields}`)).toEqual({
    name: "a) b (c)",
    parentPid: 4,
    startTime: "22",
    alive: true,
  });
  expect(parseStat(`12 (x) Z ${fields}`)?.alive).toBe(false);
  expect(parseStat("nonsense")).toBeUndefined();
  expect(parsePs(5, "    1 Ss   Fri Nov 20 13:31:00 2026     /bin/zsh -l")).toEqual({
    pid: 5,
    parentPid: 1,
    startTime: "Fri Nov 20 13:31:00 2026",
    alive: true,
    name: "zsh",
    command: "/bin/zsh -l",
  });
});

test("this process is found with its parent", () => {
  expect(readProcess(process.pid)).toMatchObject({ pid: process.pid, parentPid: process.ppid, alive: true });
  expect(readProcess(2 ** 22 + 1)).toBeUndefined();
});
