/**
 * Hexadecimal text of fixed-size ids. Ids are 32 raw bytes on the wire and 64 lower-case hex digits everywhere else.
 *
 * The text is built from one array of character codes, which gives a flat string: ids become map keys right away, and a
 * rope of 32 concatenations would be flattened there a second time.
 */
const DIGITS = new Uint8Array(512);
const VALUES = new Int8Array(256).fill(-1);
for (let byte = 0; byte < 256; byte++) {
  const text = byte.toString(16).padStart(2, "0");
  DIGITS[byte * 2] = text.charCodeAt(0);
  DIGITS[byte * 2 + 1] = text.charCodeAt(1);
}
for (let value = 0; value < 16; value++) {
  VALUES[value.toString(16).charCodeAt(0)] = value;
  VALUES[value.toString(16).toUpperCase().charCodeAt(0)] = value;
}

/** Lower-case hex of `bytes[start, end)`. */
export function toHex(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  const codes = new Array<number>((end - start) * 2);
  let at = 0;
  for (let index = start; index < end; index++) {
    const digit = bytes[index]! * 2;
    codes[at++] = DIGITS[digit]!;
    codes[at++] = DIGITS[digit + 1]!;
  }
  return String.fromCharCode.apply(null, codes);
}

/** Writes the bytes of `hex` into `target` at `offset`. Throws RangeError unless `hex` is exactly `lengthBytes` bytes of hex. */
export function writeHex(hex: string, target: Uint8Array, offset: number, lengthBytes: number): void {
  if (hex.length !== lengthBytes * 2) throw new RangeError(`expected ${lengthBytes * 2} hex digits, got ${hex.length}`);
  for (let index = 0; index < lengthBytes; index++) {
    const high = VALUES[hex.charCodeAt(index * 2)] ?? -1;
    const low = VALUES[hex.charCodeAt(index * 2 + 1)] ?? -1;
    if (high < 0 || low < 0) throw new RangeError(`not hex: ${JSON.stringify(hex.slice(0, 80))}`);
    target[offset + index] = high * 16 + low;
  }
}
