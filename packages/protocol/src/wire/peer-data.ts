/**
 * PeerData as iroh-gossip's default net layer fills it: postcard of `AddrInfo { relay_url: Option<RelayUrl>,
 * direct_addresses: BTreeSet<SocketAddr> }`. Empty bytes mean "no information" and are legal.
 *
 * A peer learns ours with the next Join, Neighbor or Shuffle only, so it is a hint for dialling, never the truth about a peer.
 */
import { PEER_DATA_MAX_BYTES } from "./gossip-codec.js";
import {
  compareSocketAddresses,
  formatSocketAddress,
  parseSocketAddress,
  type SocketAddress,
} from "./peer-data-address.js";
import { PostcardReader, PostcardWriter } from "./postcard.js";

export interface AddrInfo {
  /** In the `url` crate's normal form, with its trailing slash. */
  readonly relayUrl: string | undefined;
  /** `<ip>:<port>`, IPv6 in brackets. */
  readonly directAddresses: readonly string[];
}

const RELAY_URL_MAX_BYTES = 2048;
/** Variant, 4 octets, 1-byte port. */
const ADDRESS_MIN_BYTES = 6;

/**
 * Encodes in Rust's order, without duplicates. Addresses that no longer fit `maxBytes` are left out, IPv6 first.
 * Throws RangeError on text that is no address, or when the relay URL alone is too long.
 */
export function encodeAddrInfo(info: AddrInfo, maxBytes: number = PEER_DATA_MAX_BYTES): Uint8Array {
  const head = new PostcardWriter().some(info.relayUrl !== undefined);
  if (info.relayUrl !== undefined) head.string(info.relayUrl);
  const addresses: SocketAddress[] = [];
  for (const text of info.directAddresses) {
    const address = parseSocketAddress(text);
    if (address === undefined) throw new RangeError(`not an <ip>:<port>: ${JSON.stringify(text)}`);
    addresses.push(address);
  }
  addresses.sort(compareSocketAddresses);
  const body = new PostcardWriter();
  const countBytesMax = 3;
  let count = 0;
  let previous: SocketAddress | undefined;
  for (const address of addresses) {
    if (previous !== undefined && compareSocketAddresses(previous, address) === 0) continue;
    previous = address;
    const encodedBytes = 1 + address.octets.length + (address.port < 0x80 ? 1 : address.port < 0x4000 ? 2 : 3);
    if (head.lengthBytes + countBytesMax + body.lengthBytes + encodedBytes > maxBytes) break;
    body
      .u8(address.octets.length === 4 ? 0 : 1)
      .raw(address.octets)
      .u16(address.port);
    count++;
  }
  head.length(count).raw(body.finish());
  if (head.lengthBytes > maxBytes) throw new RangeError(`relay URL does not fit ${maxBytes} bytes`);
  return head.finish();
}

/** Throws `DecodeError`; trailing bytes are tolerated; empty input is "no information". */
export function decodeAddrInfo(bytes: Uint8Array): AddrInfo {
  if (bytes.length === 0) return { relayUrl: undefined, directAddresses: [] };
  const reader = new PostcardReader(bytes);
  const relayUrl = reader.some() ? reader.string(RELAY_URL_MAX_BYTES) : undefined;
  const directAddresses: string[] = [];
  for (let left = reader.length(ADDRESS_MIN_BYTES); left > 0; left--) {
    const family = reader.u32();
    if (family > 1) throw reader.error(`unknown address family ${family}`);
    directAddresses.push(formatSocketAddress({ octets: reader.fixed(family === 0 ? 4 : 16), port: reader.u16() }));
  }
  return { relayUrl, directAddresses };
}
