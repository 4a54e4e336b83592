/** Network namespaces as hosts of their own, joined by cables that a test can pull. Linux and root only. */
import { execFileSync } from "node:child_process";

export const ip = (...args: string[]) => execFileSync("ip", args, { stdio: "pipe" });

/** Why there can be none here; undefined where there can. */
export function namespaceProblem(): string | undefined {
  if (process.platform !== "linux") return "network namespaces need Linux";
  if (process.getuid?.() !== 0) return "network namespaces need root";
  try {
    ip("-V");
    return undefined;
  } catch {
    return "the ip command is missing (apt-get install iproute2)";
  }
}

export interface Cable {
  /** One namespace at each end. */
  readonly names: readonly [string, string];
  readonly addresses: readonly [string, string];
  pull(): void;
  plug(): void;
  remove(): void;
}

/** Two namespaces and a cable between them; `subnet` as "10.97.0", `tag` at most six letters. */
export function cable(tag: string, subnet: string): Cable {
  const names = [`${tag}a${process.pid}`, `${tag}b${process.pid}`] as const;
  const addresses = [`${subnet}.1`, `${subnet}.2`] as const;
  const device = (end: 0 | 1) => `${tag}${end}`;
  const remove = () => {
    for (const name of names) {
      try {
        ip("netns", "del", name);
      } catch {
        // Was never made, or is gone.
      }
    }
  };
  try {
    for (const name of names) {
      ip("netns", "add", name);
      ip("-n", name, "link", "set", "lo", "up");
    }
    ip("link", "add", device(0), "netns", names[0], "type", "veth", "peer", "name", device(1), "netns", names[1]);
    for (const end of [0, 1] as const) {
      ip("-n", names[end], "addr", "add", `${addresses[end]}/24`, "dev", device(end));
      ip("-n", names[end], "link", "set", device(end), "up");
    }
  } catch (error) {
    remove();
    throw error;
  }
  return {
    names,
    addresses,
    pull: () => void ip("-n", names[0], "link", "set", device(0), "down"),
    plug: () => void ip("-n", names[0], "link", "set", device(0), "up"),
    remove,
  };
}
