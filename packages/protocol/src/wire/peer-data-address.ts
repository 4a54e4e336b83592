/**
 * Socket addresses between text (`192.168.1.7:4433`, `[2001:db8::1]:443`) and bytes (4 or 16 octets and a port).
 * Text comes out as Rust's `SocketAddr` prints it (RFC 5952). A zone (`%eth0`) is dropped: the wire has no place for it.
 */
export interface SocketAddress {
  /** 4 (IPv4) or 16 (IPv6) octets. */
  readonly octets: Uint8Array;
  readonly port: number;
}

/** undefined when `text` is no `<ip>:<port>`. */
export function parseSocketAddress(text: string): SocketAddress | undefined {
  const colon = text.lastIndexOf(":");
  const host = text.slice(0, colon);
  const portText = text.slice(colon + 1);
  if (colon <= 0 || !/^\d{1,5}$/.test(portText)) return undefined;
  const port = Number(portText);
  if (port > 0xffff) return undefined;
  const octets = host.startsWith("[") && host.endsWith("]") ? parseV6(host.slice(1, -1)) : parseV4(host);
  return octets === undefined ? undefined : { octets: Uint8Array.from(octets), port };
}

export function formatSocketAddress(address: SocketAddress): string {
  const { octets, port } = address;
  return octets.length === 4 ? `${octets.join(".")}:${port}` : `[${formatV6(octets)}]:${port}`;
}

/** The order of Rust's `BTreeSet<SocketAddr>`: IPv4 before IPv6, then octets, then port. */
export function compareSocketAddresses(a: SocketAddress, b: SocketAddress): number {
  if (a.octets.length !== b.octets.length) return a.octets.length - b.octets.length;
  for (let index = 0; index < a.octets.length; index++) {
    const difference = a.octets[index]! - b.octets[index]!;
    if (difference !== 0) return difference;
  }
  return a.port - b.port;
}

function parseV4(text: string): number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const octets = parts.map((part) => (/^(0|[1-9]\d{0,2})$/.test(part) ? Number(part) : 256));
  return octets.every((octet) => octet < 256) ? octets : undefined;
}

function parseV6(text: string): number[] | undefined {
  const zoneless = text.replace(/%.*$/s, "");
  const halves = zoneless.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!, halves.length === 1);
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 16 ? head : undefined;
  const tail = parseGroups(halves[1]!, true);
  if (tail === undefined || head.length + tail.length > 14) return undefined;
  return [...head, ...new Array<number>(16 - head.length - tail.length).fill(0), ...tail];
}

/** Octets of `a:b:c`; the last group may be dotted IPv4 where `dottedTail` allows it. */
function parseGroups(text: string, dottedTail: boolean): number[] | undefined {
  if (text === "") return [];
  const octets: number[] = [];
  const groups = text.split(":");
  for (const [index, group] of groups.entries()) {
    if (dottedTail && index === groups.length - 1 && group.includes(".")) {
      const dotted = parseV4(group);
      if (dotted === undefined) return undefined;
      octets.push(...dotted);
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
      const value = Number.parseInt(group, 16);
      octets.push(value >> 8, value & 0xff);
    }
  }
  return octets.length <= 16 ? octets : undefined;
}

function formatV6(octets: Uint8Array): string {
  const groups: number[] = [];
  for (let index = 0; index < 16; index += 2) groups.push(octets[index]! * 256 + octets[index + 1]!);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${octets.subarray(12).join(".")}`;
  }
  let runStart = -1;
  let runLength = 1; // a single zero group is not shortened
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && groups[end] === 0) end++;
    if (end - start > runLength) {
      runStart = start;
      runLength = end - start;
    }
  }
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(":");
  if (runStart < 0) return text(groups);
  return `${text(groups.slice(0, runStart))}::${text(groups.slice(runStart + runLength))}`;
}
