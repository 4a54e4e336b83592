/**
 * Order of an origin's records: (generation, sequence). The generation is a counter kept beside the identity and grows with each
 * start, the sequence grows with each publication. Wall clocks decide nothing.
 */
export interface RecordVersion {
  readonly generation: number;
  readonly sequence: number;
}

/** Below 0 where `a` is older than `b`, 0 where they are the same, above 0 where `a` is newer. */
export function compareVersions(a: RecordVersion, b: RecordVersion): number {
  return a.generation - b.generation || a.sequence - b.sequence;
}
