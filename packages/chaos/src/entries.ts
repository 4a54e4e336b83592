/** Where the programs lie that this room starts: beside its bundle (`scripts/build.mjs`), else in its own `dist`. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PLACES = {
  agent: ["./chaos-agent.js", "../chaos-agent.js", "./cluster/agent-process.js"],
  services: ["./chaos-services.js", "../chaos-services.js", "./cluster/services-process.js"],
  switch: ["./chaos-switch.js", "../chaos-switch.js", "./lab/switch-process.js"],
} as const;

export function entryPath(program: keyof typeof PLACES): string {
  const paths = PLACES[program].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const found = paths.find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${paths[0]} is missing: run npm run build`);
  return found;
}
