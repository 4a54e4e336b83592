import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { mesh } from "../testing/command.js";

const script = async (shell: string) => (await mesh(["completion", shell])).out;

test("bash completes commands and the options of each", async () => {
  const text = await script("bash");
  const complete = (words: readonly string[]) =>
    execFileSync(
      "bash",
      [
        "-c",
        `${text}\nCOMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _mesh; printf '%s\\n' "\${COMPREPLY[@]}"`,
        "-",
        ...words,
      ],
      { encoding: "utf8" },
    )
      .trim()
      .split("\n");
  expect(complete(["mesh", "s"])).toEqual(["soak", "seed", "send", "status"]);
  expect(complete(["mesh", "send", "--t"]).sort()).toEqual(["--timeout", "--token"]);
  expect(complete(["mesh", "up", "--exit"])).toEqual(["--exit-when-converged"]);
});

test.each(["zsh", "fish"])("%s knows every command and option", async (shell) => {
  const text = await script(shell);
  for (const word of ["up", "node", "seed", "members", "events", "describe", "send", "trace", "status", "completion"]) {
    expect(text).toMatch(new RegExp(`\\b${word}\\b`));
  }
  expect(text).toContain("exit-when-converged");
  // Descriptions hold backquotes and dashes: nothing may end a quoted string early.
  for (const line of text.split("\n").filter((each) => each.startsWith("complete "))) {
    expect((line.match(/'/g) ?? []).length % 2).toBe(0);
  }
});
