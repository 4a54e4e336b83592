import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** What a fresh clone has of the command: no node_modules, nothing built. */
test("npx --no-install mesh in a fresh clone says what to do", () => {
  const clone = mkdtempSync(join(tmpdir(), "meshwork-clone-"));
  try {
    for (const file of ["package.json", "package-lock.json", ".npmrc", "packages/meshwork/bin"]) {
      cpSync(join(root, file), join(clone, file), { recursive: true });
    }
    for (const folder of ["packages", "examples"]) {
      for (const { name } of readdirSync(join(root, folder), { withFileTypes: true }).filter((entry) =>
        entry.isDirectory(),
      )) {
        cpSync(join(root, folder, name, "package.json"), join(clone, folder, name, "package.json"));
      }
    }
    const { status, stderr, stdout } = spawnSync("npx", ["--no-install", "mesh", "status"], {
      cwd: clone,
      encoding: "utf8",
      env: { PATH: process.env.PATH, HOME: clone },
    });
    expect(stderr.trimEnd().split("\n").at(-1)).toBe("meshwork is not built: run npm run build");
    expect(stdout).toBe("");
    expect(status).toBe(1);
  } finally {
    rmSync(clone, { recursive: true, force: true });
  }
});
