/** Where a report comes from: the commit of the checkout, and the class of machine, without its name. */
import { execFileSync } from "node:child_process";
import { cpus, release, totalmem, type } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** Of the checkout that this runs from, where it is one. */
export function commitOf(): string | null {
  try {
    const cwd = dirname(fileURLToPath(import.meta.url));
    const git = (...args: string[]) =>
      execFileSync("git", args, { cwd, stdio: ["ignore", "pipe", "ignore"] })
        .toString()
        .trim();
    return `${git("rev-parse", "--short=12", "HEAD")}${git("status", "--porcelain", "-uno") === "" ? "" : " with changes"}`;
  } catch {
    return null;
  }
}

export function machineOf() {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    ramBytes: totalmem(),
    system: `${type()} ${release()}`,
    node: process.version,
  };
}
