/** A line of JSON as the two ends of a senses socket write them. Undefined where it was cut short: whoever is killed ends in the middle of a word. */
export function parseLine<T>(line: string): T | undefined {
  try {
    return JSON.parse(line) as T;
  } catch {
    return undefined;
  }
}
