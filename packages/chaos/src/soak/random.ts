/** Randomness from a seed (sfc32, Doty-Humphrey's PractRand 0.95): a soak with the same seed makes the same plan. */
export function seededRandom(seed: number, stream: string): () => number {
  let a = seed >>> 0;
  let b = Math.floor(seed / 2 ** 32) >>> 0;
  let c = 0x9e3779b9;
  for (let index = 0; index < stream.length; index++) c = Math.imul(c ^ stream.charCodeAt(index), 0x85ebca6b) >>> 0;
  let counter = 1;
  const next = () => {
    const sum = (a + b + counter++) >>> 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) >>> 0;
    c = (((c << 21) | (c >>> 11)) + sum) >>> 0;
    return sum / 2 ** 32;
  };
  // The first outputs still show how like the seeds are.
  for (let round = 0; round < 15; round++) next();
  return next;
}
