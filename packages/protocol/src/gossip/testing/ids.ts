/** Short node names in tests: `peer(7)` is the 64-digit id 00…07. */
export function peer(number: number): string {
  return number.toString(16).padStart(64, "0");
}
