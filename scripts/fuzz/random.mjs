/**
 * Seeded randomness for fuzzing. Each case has a generator of its own, made of the run's seed and the case's number, so that one case
 * can be made again without those before it.
 */
export class Random {
  #state;

  constructor(seed, index = 0) {
    this.#state = (Math.imul(seed >>> 0, 0x9e3779b1) ^ Math.imul((index + 1) >>> 0, 0x85ebca6b)) >>> 0;
    this.next();
  }

  /** [0, 1), 32 bits (mulberry32). */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  chance(share) {
    return this.next() < share;
  }

  /** Both ends included. */
  int(from, to) {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  pick(list) {
    return list[this.int(0, list.length - 1)];
  }

  /** `{ choice: weight }`. */
  weighted(choices) {
    const entries = Object.entries(choices);
    let at = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [choice, weight] of entries) {
      at -= weight;
      if (at < 0) return choice;
    }
    return entries.at(-1)[0];
  }

  bytes(length) {
    return Uint8Array.from({ length }, () => this.int(0, 255));
  }

  /** Small lengths mostly, large ones now and then. */
  length(max) {
    return Math.min(max, Math.floor(2 ** (this.next() * Math.log2(max + 1))));
  }
}

const INTERESTING = [0, 1, 2, 0x10, 0x7f, 0x80, 0xff];

/** What goes wrong with bytes on the way, or by intent: flips, cuts, repeats, lengths that lie. */
export function mutateBytes(random, bytes) {
  let out = Uint8Array.from(bytes);
  for (let times = random.int(1, 4); times > 0; times -= 1) {
    const at = random.int(0, Math.max(0, out.length - 1));
    switch (random.weighted({ flip: 4, set: 3, cut: 2, drop: 2, insert: 2, repeat: 1, huge: 1 })) {
      case "flip":
        if (out.length > 0) out[at] ^= 1 << random.int(0, 7);
        break;
      case "set":
        if (out.length > 0) out[at] = random.pick(INTERESTING);
        break;
      case "cut":
        out = out.slice(0, at);
        break;
      case "drop":
        out = joined(out.subarray(0, at), out.subarray(at + random.length(16)));
        break;
      case "insert":
        out = joined(out.subarray(0, at), random.bytes(random.length(32)), out.subarray(at));
        break;
      case "repeat":
        out = joined(out, out.subarray(0, at));
        break;
      default:
        // A varint of many bytes, where a length or a count may stand.
        out = joined(out.subarray(0, at), Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f), out.subarray(at + 1));
    }
  }
  return out;
}

export function joined(...parts) {
  return Uint8Array.from(Buffer.concat(parts));
}
