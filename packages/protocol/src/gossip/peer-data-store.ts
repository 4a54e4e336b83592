/**
 * What peers said of how to reach them (opaque PeerData), for passing on in ForwardJoin and Shuffle.
 *
 * Owner: HyParView. An entry goes when its peer has left the views and pending requests (`forget`), or as the oldest when
 * `capacity` is reached.
 */
import { MAX_MESSAGE_SIZE, type PeerInfo } from "../wire/gossip-codec.js";

/** A writer stays below the reader's limit. */
const FRAME_MAX_BYTES = MAX_MESSAGE_SIZE - 1;
/** Two enum tags, id, option, length of the data (≤ 2), ttl (≤ 3). */
const FORWARD_JOIN_DATA_MAX_BYTES = FRAME_MAX_BYTES - 40;
/** Two enum tags, origin, count (≤ 2), ttl (≤ 3). */
const NODES_MAX_BYTES = FRAME_MAX_BYTES - 39;

export class PeerDataStore {
  readonly #data = new Map<string, Uint8Array>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#data.size;
  }

  /** Keeps `data`; true when it is news. */
  store(peer: string, data: Uint8Array): boolean {
    const known = this.#data.get(peer);
    if (known !== undefined && equalBytes(known, data)) return false;
    if (known === undefined && this.#data.size >= this.#capacity) {
      for (const oldest of this.#data.keys()) {
        this.#data.delete(oldest);
        break;
      }
    }
    this.#data.set(peer, data);
    return data.length > 0;
  }

  forget(peer: string): void {
    this.#data.delete(peer);
  }

  /** The peers with their data, as many as fit a Shuffle or ShuffleReply (SZ1): data that does not fit is left out, then nodes. */
  infos(peers: readonly string[], last?: PeerInfo): PeerInfo[] {
    const infos: PeerInfo[] = [];
    let leftBytes = NODES_MAX_BYTES - (last === undefined ? 0 : infoBytes(last));
    for (const id of peers) {
      let info: PeerInfo = { id, data: this.#data.get(id) };
      if (infoBytes(info) > leftBytes) info = { id, data: undefined };
      if (infoBytes(info) > leftBytes) break;
      leftBytes -= infoBytes(info);
      infos.push(info);
    }
    if (last !== undefined) infos.push(last);
    return infos;
  }
}

/** `info` as it can be passed on in a ForwardJoin: a joiner's Join may be just too large for that. */
export function forwardable(info: PeerInfo): PeerInfo {
  return info.data !== undefined && info.data.length > FORWARD_JOIN_DATA_MAX_BYTES
    ? { id: info.id, data: undefined }
    : info;
}

function infoBytes(info: PeerInfo): number {
  return info.data === undefined ? 33 : 35 + info.data.length;
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
