/** What a sender got wrong: the only error of the decoders in this folder. The HTTP layer answers it with 400. */
export class IntakeError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "IntakeError";
  }
}

/** Runs a decoder; whatever its reader throws on malformed bytes comes out as an IntakeError. */
export function decoding<T>(what: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof IntakeError) throw error;
    throw new IntakeError(`malformed ${what}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
