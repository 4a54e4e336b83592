/**
 * Whether `npm ci` has to run. The stamp in node_modules answers in the common case (manifests unchanged since the last
 * look, and npm has not touched the tree since). Where it does not fit, the tree that npm recorded is compared with the lock
 * file, so that what someone installed by hand, or a manifest edited without effect on dependencies, costs no install.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const STAMP = join("node_modules", ".meshwork-bootstrap");
/** npm writes it at the end of an install: an interrupted one has none. */
const TREE = join("node_modules", ".package-lock.json");
const DEPENDENCY_FIELDS = ["dependencies", "devDependencies", "optionalDependencies"];

/** Undefined where the installed tree is the one that the lock file asks for; else the reason in a few words. */
export function whyInstall(root) {
  if (!existsSync(join(root, "package-lock.json"))) return "no package-lock.json";
  if (!existsSync(join(root, TREE))) return existsSync(join(root, "node_modules")) ? "incomplete" : "first time";
  if (readText(join(root, STAMP)) === stampOf(root)) return undefined;
  const lock = readJson(join(root, "package-lock.json"))?.packages;
  const tree = readJson(join(root, TREE))?.packages;
  if (lock === undefined || tree === undefined) return "unreadable lock file";
  const reason = manifestMismatch(root, lock) ?? treeMismatch(lock, tree) ?? missingPackage(root, tree);
  if (reason === undefined) markInstalled(root);
  return reason;
}

export function markInstalled(root) {
  writeFileSync(join(root, STAMP), stampOf(root));
}

/** The dependencies in each package.json against those that the lock file was made from. */
export function manifestMismatch(root, lock) {
  for (const [path, locked] of Object.entries(lock)) {
    if (path.split("/").includes("node_modules")) continue;
    const manifest = readJson(join(root, path, "package.json"));
    if (manifest === undefined) return `${path || "root"}/package.json is missing`;
    for (const field of DEPENDENCY_FIELDS) {
      if (canonical(manifest[field]) !== canonical(locked[field])) return `${path || "root"}: ${field} changed`;
    }
  }
  return undefined;
}

/** The tree as installed against the lock file. Optional packages are there or not, by platform. */
export function treeMismatch(lock, tree) {
  for (const [path, locked] of Object.entries(lock)) {
    if (!path.startsWith("node_modules/")) continue;
    const installed = tree[path];
    if (installed === undefined) {
      if (locked.optional) continue;
      return `${path.slice("node_modules/".length)} is missing`;
    }
    if (installed.version !== locked.version || installed.integrity !== locked.integrity) {
      return `${path.slice("node_modules/".length)} changed`;
    }
  }
  for (const path of Object.keys(tree)) if (path !== "" && lock[path] === undefined) return `${path} is superfluous`;
  return undefined;
}

function missingPackage(root, tree) {
  for (const path of Object.keys(tree)) {
    if (path !== "" && !existsSync(join(root, path))) return `${path} is missing`;
  }
  return undefined;
}

/** Contents of all manifests, the machine, and when npm last wrote the tree. */
function stampOf(root) {
  const hash = createHash("sha256");
  for (const path of manifests(root)) hash.update(`${path}\0${readText(join(root, path)) ?? ""}\0`);
  const treeMs = statSync(join(root, TREE)).mtimeMs;
  return `${hash.digest("hex")} ${process.platform}-${process.arch} ${treeMs}\n`;
}

function manifests(root) {
  const folders = ["packages", "examples"].flatMap((folder) =>
    list(join(root, folder)).map((name) => join(folder, name, "package.json")),
  );
  return ["package.json", "package-lock.json", ".npmrc", ...folders.sort()];
}

const canonical = (field) => JSON.stringify(Object.entries(field ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readText(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
