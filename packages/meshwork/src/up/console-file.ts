/**
 * `<data-dir>/console.json`: where the console is and how to be let in. Readable by its owner only, written whole or not at
 * all, and gone when the cluster is (the supervisor's watchdog removes it after a crash of the launcher).
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { MeshError } from "@meshwork/protocol";

export interface ConsoleFile {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly token: string;
  /** Of the launcher. */
  readonly pid: number;
}

export function writeConsoleFile(path: string, file: ConsoleFile): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, `${JSON.stringify(file)}\n`, { mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new MeshError("MESH_E_DATA_DIR", `${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** Undefined where there is none. Throws MESH_E_NO_CONSOLE where there is one that cannot be read or understood. */
export function readConsoleFile(path: string): ConsoleFile | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new MeshError("MESH_E_NO_CONSOLE", `${path}: ${(error as Error).message}`, { cause: error });
  }
  const file = parse(text);
  if (file === undefined) throw new MeshError("MESH_E_NO_CONSOLE", `${path} is not a console file`);
  return file;
}

/** Removes the file if it is still the one this launcher wrote: a successor's must stay. */
export function removeConsoleFile(path: string, pid: number): void {
  try {
    if (readConsoleFile(path)?.pid === pid) rmSync(path, { force: true });
  } catch {
    // Not ours.
  }
}

function parse(text: string): ConsoleFile | undefined {
  try {
    const { url, token, pid } = JSON.parse(text) as Partial<ConsoleFile>;
    if (typeof url !== "string" || !URL.canParse(url) || typeof token !== "string" || !Number.isSafeInteger(pid))
      return undefined;
    return { url: url.replace(/\/+$/, ""), token, pid: pid as number };
  } catch {
    return undefined;
  }
}
