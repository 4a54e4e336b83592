/**
 * Socket addresses as text: `1.2.3.4:5` or `[2001:db8::1]:5`. No host names, no zones: what passes here may be handed to a
 * transport that dials whatever it is given, so a record or a seed from a stranger can't make a node resolve a name.
 */
export interface SocketAddressParts {
  readonly ip: string;
  readonly family: 4 | 6;
  /** 1 to 65,535. */
  readonly port: number;
}

/** What exactly is wrong with a text that should be a socket address, and at which character of it. */
export interface SocketAddressFault {
  readonly part: "address" | "port";
  readonly why: string;
  readonly position: number;
}

export function isSocketAddress(text: string): boolean {
  return !("why" in parseSocketAddressParts(text));
}

export function parseSocketAddressParts(text: string): SocketAddressParts | SocketAddressFault {
  const bracketed = text.startsWith("[");
  const ipStart = bracketed ? 1 : 0;
  const ipEnd = bracketed ? text.indexOf("]") : text.lastIndexOf(":");
  if (bracketed && ipEnd < 0) return { part: "address", why: "'[' has no ']'", position: 0 };
  if (!bracketed && ipEnd < 0) return { part: "port", why: "':<port>' is missing", position: text.length };
  const ip = text.slice(ipStart, ipEnd);
  if (bracketed ? !isIpv6(ip) : !isIpv4(ip)) {
    const unbracketed = !bracketed && (isIpv6(ip) || isIpv6(text));
    const why = unbracketed
      ? "an IPv6 address needs brackets: [ip]:port"
      : `"${ip}" is no IPv${bracketed ? 6 : 4} address`;
    return { part: "address", why, position: ipStart };
  }
  const portStart = ipEnd + (bracketed ? 2 : 1);
  if (bracketed && text[ipEnd + 1] !== ":") return { part: "port", why: "':<port>' is missing", position: ipEnd + 1 };
  const portText = text.slice(portStart);
  const port = /^[1-9][0-9]{0,4}$/.test(portText) ? Number(portText) : 0;
  if (port < 1 || port > 65_535) return { part: "port", why: `"${portText}" is not 1 to 65535`, position: portStart };
  return { ip, family: bracketed ? 6 : 4, port };
}

export function isIpv4(text: string): boolean {
  const parts = text.split(".", 5);
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255);
}

/** RFC 4291 §2.2 text forms: eight groups, `::` once, the last 32 bits also dotted. No zone. */
export function isIpv6(text: string): boolean {
  if (text.length > 45) return false;
  const halves = text.split("::", 3);
  if (halves.length > 2) return false;
  let groups = 0;
  for (const [index, half] of halves.entries()) {
    if (half === "") continue;
    const parts = half.split(":");
    for (const [place, part] of parts.entries()) {
      const last = index === halves.length - 1 && place === parts.length - 1;
      if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups += 1;
      else if (last && isIpv4(part)) groups += 2;
      else return false;
    }
  }
  return halves.length === 2 ? groups <= 7 : groups === 8;
}
