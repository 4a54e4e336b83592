#!/usr/bin/env node
/**
 * The `mesh` command. Checked in as plain JavaScript and present before any build, so that a fresh clone answers with
 * what to do instead of a stack trace. Everything else is in `dist/cli.js`, which `npm run build` makes from `src/`.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const cli = new URL("../dist/cli.js", import.meta.url);

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`meshwork needs Node 20.19 or newer; this is ${process.versions.node}\n`);
  process.exitCode = 1;
} else if (!existsSync(fileURLToPath(cli))) {
  process.stderr.write("meshwork is not built: run npm run build\n");
  process.exitCode = 1;
} else {
  await import(cli.href);
}
