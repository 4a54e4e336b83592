/** Where Chromium is: `MESH_CHROMIUM`, which then must be right, else a usual place. Undefined where there is none. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const PLACES = [
  "/usr/bin",
  "/usr/local/bin",
  "/snap/bin",
  "/Applications/Chromium.app/Contents/MacOS",
  "/Applications/Google Chrome.app/Contents/MacOS",
];
const MAC_NAMES = ["Chromium", "Google Chrome"];

export function findChromium(env = process.env) {
  if (env.MESH_CHROMIUM) return existsSync(env.MESH_CHROMIUM) ? env.MESH_CHROMIUM : undefined;
  const directories = [...PLACES, ...(env.PATH ?? "").split(delimiter).filter((path) => path !== "")];
  return directories
    .flatMap((path) => [...NAMES, ...MAC_NAMES].map((name) => join(path, name)))
    .find((path) => existsSync(path));
}
