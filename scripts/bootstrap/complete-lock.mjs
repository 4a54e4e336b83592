/**
 * Adds to package-lock.json the optional platform packages that the registry at hand did not serve when the lock was made.
 *
 *   node scripts/bootstrap/complete-lock.mjs [--check]
 *
 * npm leaves an optional dependency that it cannot find out of the lock without a word, and `npm ci` then refuses the lock on
 * every machine ("Missing: … from lock file"). The version is the pin of the package that asks for it; what the lock would
 * say of the platform follows from the name, as all of these are named `…-<os>-<cpu>[-<libc>]`. There is no integrity to
 * write: npm fetches such a package, on the one platform that needs it, by name and version alone. Run it after `npm install`
 * has changed the lock; `--check` only says whether there is something to add (exit code 1).
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const SYSTEMS = ["darwin", "linux", "win32", "android", "freebsd", "openharmony"];
const PROCESSORS = ["arm64", "x64", "arm", "ppc64", "riscv64", "s390x", "ia32"];

/** The lock's packages with what is missing, and the names that were added. Pure. */
export function completeLock(packages) {
  const added = {};
  for (const [path, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const locked = [`node_modules/${name}`, `${path}/node_modules/${name}`].some((place) => place in packages);
      if (!locked) added[`node_modules/${name}`] = platformEntry(name, version, entry);
    }
  }
  const all = Object.entries({ ...packages, ...added });
  const order = ([a], [b]) => (a === "" ? -1 : b === "" ? 1 : a.localeCompare(b, "en"));
  return { packages: Object.fromEntries(all.sort(order)), added: Object.keys(added) };
}

function platformEntry(name, version, parent) {
  const words = name.split("/").at(-1).split("-");
  const os = words.find((word) => SYSTEMS.includes(word));
  const cpu = words.find((word) => PROCESSORS.includes(word));
  if (os === undefined || cpu === undefined || !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) {
    throw new Error(`${name}@${version} is missing in the lock and is not a pinned platform package`);
  }
  const libc = words.some((word) => word.startsWith("musl")) ? "musl" : "glibc";
  return {
    version,
    cpu: [cpu],
    ...(parent.dev ? { dev: true } : {}),
    ...(os === "linux" ? { libc: [libc] } : {}),
    optional: true,
    os: [os],
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "package-lock.json");
  const lock = JSON.parse(readFileSync(path, "utf8"));
  const { packages, added } = completeLock(lock.packages);
  const check = process.argv.includes("--check");
  if (!check && added.length > 0) writeFileSync(path, `${JSON.stringify({ ...lock, packages }, null, 2)}\n`);
  for (const name of added) process.stdout.write(`${check ? "missing" : "added"} ${name}\n`);
  if (check && added.length > 0) process.exitCode = 1;
}
