/** The programs that a launcher starts, beside this bundle (scripts/build.mjs). */
import { fileURLToPath } from "node:url";

export interface LaunchFiles {
  readonly node: string;
  /** Of `--chaos`. */
  readonly chaosNode: string;
  readonly inline: string;
  readonly console: string;
  readonly watchdog: string;
}

/** `base` is the URL of a module in the bundle's directory. */
export function launchFiles(base: string): LaunchFiles {
  const file = (name: string) => fileURLToPath(new URL(`./${name}.js`, base));
  return {
    node: file("node-process"),
    chaosNode: file("chaos-node"),
    inline: file("inline-process"),
    console: file("console-process"),
    watchdog: file("watchdog-process"),
  };
}
