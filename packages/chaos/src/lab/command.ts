/** Runs the system's tools (`ip`, `nft`, `tc`, …). Synchronous: a command takes milliseconds, and its order is what matters. */
import { spawnSync } from "node:child_process";
import { MeshError } from "@meshwork/protocol";

const TIMEOUT_MS = 20_000;

/** Standard output. Throws MESH_E_LAB_FAILED with the command and what it said. */
export function run(command: string, args: readonly string[], input?: string): string {
  const result = tryRun(command, args, input);
  if (result.ok) return result.stdout;
  throw new MeshError("MESH_E_LAB_FAILED", `${[command, ...args].join(" ")}: ${result.message}`);
}

export interface CommandResult {
  readonly ok: boolean;
  readonly stdout: string;
  /** What it said where it failed, in one line. */
  readonly message: string;
}

export function tryRun(command: string, args: readonly string[], input = ""): CommandResult {
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    input,
    timeout: TIMEOUT_MS,
  });
  if (error === undefined && status === 0) return { ok: true, stdout, message: "" };
  const said = (stderr ?? "").trim().replaceAll(/\s*\n\s*/g, "; ");
  const missing = (error as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
  const message = missing ? "not found" : said || error?.message || `ended with ${signal ?? status}`;
  return { ok: false, stdout: stdout ?? "", message };
}
