/** A host's cable: `eth0` in its namespace, the other end a port of a bridge in another. */
import { run } from "./command.js";
import { MTU } from "./shape.js";

export interface Socket {
  readonly namespace: string;
  readonly bridge: string;
  readonly port: string;
}

export function plugIn(namespace: string, { namespace: other, bridge, port }: Socket): void {
  const size = ["mtu", `${MTU}`];
  const near = ["eth0", ...size, "netns", namespace];
  const far = [port, ...size, "netns", other];
  run("ip", ["link", "add", ...near, "type", "veth", "peer", "name", ...far]);
  run("ip", ["-n", other, "link", "set", port, "master", bridge, "up"]);
}

/** The address with its prefix length. */
export function setAddress(namespace: string, address: string, gateway: string): void {
  const steps = ["link set lo up", `addr add ${address} dev eth0`, "link set eth0 up"];
  run("ip", ["-n", namespace, "-batch", "-"], `${[...steps, `route add default via ${gateway}`].join("\n")}\n`);
}
