/** A host of the lab: a network namespace with one interface, `eth0`, on the lab's bridge or behind a NAT. */
export interface LabHost {
  readonly name: string;
  readonly namespace: string;
  /** IPv4, one for each host in the lab's life. */
  readonly address: string;
  /** The NAT's, where the host is behind one: the links are the router's. */
  readonly router?: LabHost;
}

/** The command and its first arguments that run a program on the host; it dies with the process that starts it. */
export function onHost({ namespace }: Pick<LabHost, "namespace">): readonly [command: string, ...args: string[]] {
  return ["ip", "netns", "exec", namespace, "setpriv", "--pdeathsig", "KILL", "--"];
}
