/** Seeded randomness of the tests: sfc32, 128 bits of state, the same sequence on every machine. */
export function seededRandom(seed: number): () => number {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = seed >>> 0;
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 4_294_967_296;
  };
  for (let round = 0; round < 16; round++) next();
  return next;
}

/** 32 bytes that differ for different contents: FNV-1a in eight variants. Stands in for BLAKE3 where nobody attacks. */
export function testHash(content: Uint8Array): Uint8Array {
  const digest = new Uint8Array(32);
  const words = new DataView(digest.buffer);
  for (let word = 0; word < 8; word++) {
    let state = (0x811c9dc5 ^ Math.imul(word + 1, 0x9e3779b1)) >>> 0;
    for (let index = 0; index < content.length; index++) state = Math.imul(state ^ content[index]!, 0x01000193);
    words.setUint32(word * 4, state ^ (state >>> 15));
  }
  return digest;
}
