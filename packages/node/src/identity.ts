/**
 * Identity: the Ed25519 key that names a node, and the generation counter beside it.
 *
 * One file, `identity.json` (0600, its directory 0700), written to a temporary name, synced and renamed, so that a crash leaves
 * the old or the new one whole. The generation grows with each start: restarts order before wall clocks ever could.
 * A file that cannot be understood is an error and is never overwritten: a lost key is a lost name.
 * `lock` holds the pid of the live owner: one identity must not run twice (its peers would reach either of the two).
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { MeshError } from "@meshwork/protocol";
import { makeDirectory } from "./make-directory.js";

export interface Identity {
  /** 64 lower-case hex digits. */
  readonly id: string;
  readonly secretKey: Uint8Array;
  readonly generation: number;
  readonly minted: boolean;
  readonly path: string;
  sign(message: Uint8Array): Uint8Array;
  /** Takes the next generation now (after meeting our own record from elsewhere). */
  nextGeneration(atLeast?: number): number;
  release(): void;
}

interface IdentityFile {
  readonly version: 1;
  readonly secretKey: string;
  readonly generation: number;
}

/** ASN.1 around a raw Ed25519 seed (RFC 8410 §7). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

export function loadIdentity(dataDir: string): Identity {
  const path = join(dataDir, "identity.json");
  const lockPath = join(dataDir, "lock");
  withDataDir(dataDir, () => makeDirectory(dataDir, 0o700));
  withDataDir(dataDir, () => takeLock(lockPath, dataDir));
  try {
    const existing = readIdentity(path, dataDir);
    const secretKey = existing?.secretKey ?? mintSecret();
    let generation = (existing?.generation ?? 0) + 1;
    const write = () =>
      withDataDir(dataDir, () =>
        writeIdentity(path, { version: 1, secretKey: Buffer.from(secretKey).toString("hex"), generation }),
      );
    write();
    const privateKey = privateKeyOf(secretKey);
    return {
      id: publicIdOf(privateKey),
      secretKey,
      get generation() {
        return generation;
      },
      minted: existing === undefined,
      path,
      sign: (message) => sign(null, message, privateKey),
      nextGeneration: (atLeast = 0) => {
        generation = Math.max(generation + 1, atLeast);
        write();
        return generation;
      },
      release: () => rmSync(lockPath, { force: true }),
    };
  } catch (error) {
    rmSync(lockPath, { force: true });
    throw error;
  }
}

function readIdentity(path: string, dataDir: string): { secretKey: Uint8Array; generation: number } | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new MeshError("MESH_E_DATA_DIR", `${dataDir}: ${(error as Error).message}`, { cause: error });
  }
  const corrupt = (why: string) => new MeshError("MESH_E_IDENTITY_CORRUPT", `${path}: ${why}`);
  let file: Partial<IdentityFile>;
  try {
    file = JSON.parse(text) as Partial<IdentityFile>;
  } catch {
    throw corrupt("it is not JSON");
  }
  if (typeof file !== "object" || file === null || file.version !== 1) throw corrupt("its version is not 1");
  if (typeof file.secretKey !== "string" || !/^[0-9a-f]{64}$/.test(file.secretKey))
    throw corrupt("secretKey is not 64 hex digits");
  if (!Number.isSafeInteger(file.generation) || (file.generation ?? -1) < 0)
    throw corrupt("generation is not a whole number");
  return { secretKey: Buffer.from(file.secretKey, "hex"), generation: file.generation as number };
}

function writeIdentity(path: string, file: IdentityFile): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const handle = openSync(temporary, "w", 0o600);
  try {
    writeSync(handle, `${JSON.stringify(file)}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(temporary, path);
}

function takeLock(lockPath: string, dataDir: string): void {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(lockPath, `${process.pid}\n`, { flag: "wx", mode: 0o600 });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const owner = Number(readFileSync(lockPath, "utf8"));
      if (isAlive(owner)) {
        throw new MeshError("MESH_E_DUPLICATE_IDENTITY", `${dataDir} is in use by process ${owner}`);
      }
      rmSync(lockPath, { force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function withDataDir<T>(dataDir: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof MeshError) throw error;
    throw new MeshError("MESH_E_DATA_DIR", `${dataDir}: ${(error as Error).message}`, { cause: error });
  }
}

function mintSecret(): Uint8Array {
  const { privateKey } = generateKeyPairSync("ed25519");
  const { d } = privateKey.export({ format: "jwk" });
  return Buffer.from(d as string, "base64url");
}

function privateKeyOf(secretKey: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, secretKey]), format: "der", type: "pkcs8" });
}

function publicIdOf(privateKey: KeyObject): string {
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  return Buffer.from(x as string, "base64url").toString("hex");
}
