/**
 * Entry of the launcher under a soak: `mesh up` on the data directory it is given, with probes in its processes and in itself. A process of
 * its own, so that its memory is the launcher's and not the judge's.
 */
import { mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { probeDirectory, serveProcessProbe } from "@meshwork/chaos";
import { processIo } from "./cli/io.js";
import { launchFiles } from "./up/files.js";
import { launch } from "./up/launch.js";
import { DEFAULT_TYPES, resolveUpOptions } from "./up/options.js";
import { jsonReporter } from "./up/reporter.js";

const dataDir = process.argv[2] as string;
const directory = probeDirectory(process.pid);
const besides = (name: string) => fileURLToPath(new URL(`./${name}.js`, import.meta.url));
mkdirSync(directory, { mode: 0o700 });
try {
  await serveProcessProbe(process.pid);
  process.exitCode = await launch({
    options: resolveUpOptions({ types: DEFAULT_TYPES, port: 0, dataDir, traffic: false }, process.cwd()),
    files: { ...launchFiles(import.meta.url), node: besides("soak-node"), console: besides("soak-console") },
    reporter: jsonReporter(processIo()),
    env: process.env,
  });
} finally {
  rmSync(directory, { recursive: true, force: true });
}
