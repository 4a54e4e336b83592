/**
 * The four kinds of NAT as nftables rules of one router, for IPv4. Of UDP (RFC 4787 has these words for the old names):
 *
 * | kind | mapping: the public port depends on | filtering: a packet comes in from |
 * |---|---|---|
 * | full cone | the inside socket alone | everybody |
 * | restricted | the inside socket alone | addresses that the socket has sent to |
 * | port-restricted | the inside socket alone | sockets that it has sent to |
 * | symmetric | the inside socket and the destination | sockets that it has sent to |
 *
 * A mapping of the first three is a hash of the inside socket, so that it is the same for every destination and never the inside port.
 * Two sockets whose hashes meet would share a public port, and the second one's packets are lost: one pair in 32,768. Everything but UDP is
 * let in where the kernel's conntrack knows the flow, whatever the kind. No hairpin: the inside does not reach itself by the public address.
 */
export const NAT_KINDS = ["full-cone", "restricted", "port-restricted", "symmetric"] as const;

export type NatKind = (typeof NAT_KINDS)[number];

export interface NatSides {
  /** The router's own. */
  readonly publicAddress: string;
  /** Of the inside, with its length. */
  readonly network: string;
  /** The router's device on the inside. */
  readonly device: string;
  /** Of the hash, 32 bits: each NAT has ports of its own. */
  readonly seed: number;
  /** May reach the router itself by UDP: the user-space switch. */
  readonly hubAddress: string;
}

/** RFC 4787, REQ-5: two minutes at least. Of a mapping that nothing goes out by any more. */
const MAPPING_LIFETIME_S = 120;
/** A shell's words on the router; the kernel's settings are each namespace's own. */
export const ROUTER_SETTINGS = [
  "echo 1 > /proc/sys/net/ipv4/ip_forward",
  `echo ${MAPPING_LIFETIME_S} > /proc/sys/net/netfilter/nf_conntrack_udp_timeout`,
].join(" && ");

const FIRST_PORT = 32_768;
const PORTS = 32_768;
const SOURCE_PRIORITY = 100;

/** Replaces what was there, in one transaction. Flows that the kernel knows keep their ports until they are silent. */
export function natRules(kind: NatKind, sides: NatSides): string {
  const table = ["add table ip nat", "delete table ip nat", "add table ip nat"];
  const lines = [...table, ...doorRules(sides), ...(kind === "symmetric" ? perFlow(sides) : perSocket(sides))];
  if (kind === "full-cone") lines.push(...learnMappings(sides), dnat(sides, ""));
  if (kind === "restricted") lines.push(...learnMappings(sides), ...learnContacts(sides), dnat(sides, CONTACTED));
  return `${lines.join("\n")}\n`;
}

/** What comes in belongs to a known flow, or to a mapping. A stranger is dropped in silence: a refusal would tell that somebody is there. */
function doorRules({ device, hubAddress }: NatSides): string[] {
  return [
    "add chain ip nat forward { type filter hook forward priority 0; policy drop; }",
    `add rule ip nat forward iifname ${device} accept`,
    "add rule ip nat forward ct state established,related accept",
    "add rule ip nat forward ct status dnat accept",
    "add chain ip nat input { type filter hook input priority 0; }",
    "add rule ip nat input ct state established,related accept",
    `add rule ip nat input iifname { ${device}, lo } accept`,
    `add rule ip nat input ip saddr != ${hubAddress} meta l4proto { tcp, udp } counter drop`,
    `add chain ip nat source { type nat hook postrouting priority ${SOURCE_PRIORITY}; }`,
    "add chain ip nat destination { type nat hook prerouting priority -100; }",
  ];
}

/** Not by the outgoing device: packets of a delayed link leave by another. */
const outgoing = ({ network, device }: NatSides) => `ip saddr ${network} oifname != ${device}`;
const hashed = ({ seed }: NatSides) => `jhash ip saddr . udp sport mod ${PORTS} seed ${seed} offset ${FIRST_PORT}`;
const plain = (sides: NatSides) => `add rule ip nat source ${outgoing(sides)} snat to ${sides.publicAddress}`;

function perSocket(sides: NatSides): string[] {
  const { publicAddress } = sides;
  return [
    `add rule ip nat source ${outgoing(sides)} meta l4proto udp snat to ${publicAddress} : ${hashed(sides)}`,
    plain(sides),
  ];
}

function perFlow(sides: NatSides): string[] {
  const ports = `${FIRST_PORT}-${FIRST_PORT + PORTS - 1}`;
  return [
    `add rule ip nat source ${outgoing(sides)} meta l4proto udp snat to ${sides.publicAddress}:${ports} fully-random`,
    plain(sides),
  ];
}

const LEARNT = `flags dynamic,timeout; timeout ${MAPPING_LIFETIME_S}s; size ${PORTS};`;
const CONTACTED = "udp dport . ip saddr @contacted ";

/** Before the source is rewritten, of every packet that goes out, answers too: each makes the mapping live on. */
function learnMappings(sides: NatSides): string[] {
  return [
    `add map ip nat mappings { type inet_service : ipv4_addr . inet_service; ${LEARNT} }`,
    `add chain ip nat mapped { type filter hook postrouting priority ${SOURCE_PRIORITY - 1}; }`,
    `add rule ip nat mapped ${outgoing(sides)} meta l4proto udp update @mappings { ${hashed(sides)} : ip saddr . udp sport }`,
  ];
}

/** After the source is rewritten: by the public port. */
function learnContacts({ publicAddress, device }: NatSides): string[] {
  return [
    `add set ip nat contacted { type inet_service . ipv4_addr; ${LEARNT} }`,
    `add chain ip nat sent { type filter hook postrouting priority ${SOURCE_PRIORITY + 1}; }`,
    `add rule ip nat sent ip saddr ${publicAddress} oifname != ${device} meta l4proto udp update @contacted { udp sport . ip daddr }`,
  ];
}

function dnat({ publicAddress, device }: NatSides, whose: string): string {
  return `add rule ip nat destination iifname != ${device} ip daddr ${publicAddress} ${whose}dnat to udp dport map @mappings`;
}
