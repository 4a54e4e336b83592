import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordSignatureInput } from "@meshwork/protocol";
import { expect, test } from "vitest";
import { loadIdentity } from "./identity.js";
import { Verifier } from "./verifier.js";

const temporary = () => mkdtempSync(join(tmpdir(), "meshwork-identity-"));
const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return "no error";
};

test("a minted identity is kept, 0600, and comes back under the same id with the next generation", () => {
  const dir = join(temporary(), "node");
  const first = loadIdentity(dir);
  expect(first).toMatchObject({ minted: true, generation: 1 });
  expect(first.id).toMatch(/^[0-9a-f]{64}$/);
  expect(statSync(join(dir, "identity.json")).mode & 0o777).toBe(0o600);
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  first.release();
  const second = loadIdentity(dir);
  expect(second).toMatchObject({ minted: false, generation: 2, id: first.id });
  second.release();
  expect(readdirSync(dir)).toEqual(["identity.json"]);
});

test("what it signs verifies against its id and nothing else", () => {
  const identity = loadIdentity(temporary());
  const other = loadIdentity(temporary());
  const message = recordSignatureInput(new Uint8Array([1, 2, 3]));
  const signature = identity.sign(message);
  const verifier = new Verifier();
  expect(verifier.verify(identity.id, message, signature)).toBe(true);
  expect(verifier.verify(other.id, message, signature)).toBe(false);
  expect(verifier.verify(identity.id, new Uint8Array([1]), signature)).toBe(false);
  expect(verifier.verify("00".repeat(32), message, signature)).toBe(false);
});

test.each([
  ["not json", "it is not JSON"],
  ['{"version":2}', "version"],
  ['{"version":1,"secretKey":"abc","generation":1}', "secretKey"],
  [`{"version":1,"secretKey":"${"ab".repeat(32)}","generation":"x"}`, "generation"],
  ["", "JSON"],
])("a damaged file (%s) is an error that names it, and is never overwritten", (content, why) => {
  const dir = temporary();
  const path = join(dir, "identity.json");
  writeFileSync(path, content);
  expect(codeOf(() => loadIdentity(dir))).toBe("MESH_E_IDENTITY_CORRUPT");
  expect(() => loadIdentity(dir)).toThrow(why);
  expect(() => loadIdentity(dir)).toThrow(path);
  expect(readFileSync(path, "utf8")).toBe(content);
});

test("a directory that is a file, or cannot be written, is a clear error", () => {
  const file = join(temporary(), "file");
  writeFileSync(file, "");
  expect(codeOf(() => loadIdentity(file))).toBe("MESH_E_DATA_DIR");
  if (process.getuid?.() !== 0) {
    const dir = join(temporary(), "closed");
    mkdirSync(dir);
    chmodSync(dir, 0o500);
    expect(codeOf(() => loadIdentity(dir))).toBe("MESH_E_DATA_DIR");
  }
});

test("one identity does not run twice; the lock of a dead process is taken over", () => {
  const dir = temporary();
  const identity = loadIdentity(dir);
  expect(codeOf(() => loadIdentity(dir))).toBe("MESH_E_DUPLICATE_IDENTITY");
  identity.release();
  writeFileSync(join(dir, "lock"), "999999999\n");
  loadIdentity(dir).release();
});
