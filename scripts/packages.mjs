/** `npm run packages`: what would be published, checked by publint, and that the tarball of `meshwork` holds what it needs. */
import { spawnSync } from "node:child_process";
import { parseReportFlags, Report } from "./lib/report.mjs";

const PACKAGES = ["protocol", "transport", "telemetry", "node", "supervisor", "console", "chaos", "meshwork"];
const NEEDED = [
  "bin/mesh.js",
  "dist/index.js",
  "dist/index.d.ts",
  "dist/cli.js",
  "dist/node-process.js",
  "dist/watchdog-process.js",
];

const report = new Report("packages", parseReportFlags(process.argv.slice(2)));
for (const name of PACKAGES) {
  const run = spawnSync(process.execPath, ["node_modules/publint/src/cli.js", "run", `packages/${name}`, "--strict"], {
    encoding: "utf8",
  });
  if (run.status === 0) report.pass(`publint ${name}`);
  else report.fail(`publint ${name}`, `${run.stdout}${run.stderr}`.trim());
}
const pack = spawnSync("npm", ["pack", "--dry-run", "--json", "--loglevel=error", "-w", "meshwork"], {
  encoding: "utf8",
});
try {
  const parsed = JSON.parse(pack.stdout);
  const [tarball] = Array.isArray(parsed) ? parsed : Object.values(parsed);
  const files = new Set(tarball.files.map((file) => file.path));
  const missing = NEEDED.filter((path) => !files.has(path));
  const extra = [...files].filter((path) => path.startsWith("src/") || path.endsWith(".test.js"));
  if (missing.length > 0) report.fail("tarball of meshwork", `without ${missing.join(", ")}`);
  else if (extra.length > 0) report.fail("tarball of meshwork", `with ${extra.slice(0, 5).join(", ")}`);
  else report.pass("tarball of meshwork", { files: files.size });
} catch (error) {
  report.fail("tarball of meshwork", `${error.message}: ${pack.stderr}`);
}
process.exitCode = report.finish();
