/** Who takes the streams of a tag, and how it is called: what it throws costs it the stream and never a read loop. */
import { DecodeError, MeshError } from "@meshwork/protocol";
import { LinkError } from "./link.js";
import { CloseCode, type InboundStream } from "./types.js";

export type StreamHandler = (stream: InboundStream) => void | Promise<void>;

/** Failures of the stream itself end here, anything else surfaces as an uncaught exception. Never rejects. */
export async function runHandler(handler: StreamHandler, stream: InboundStream): Promise<void> {
  try {
    await handler(stream);
  } catch (error) {
    stream.recv.stop(CloseCode.shutdown);
    stream.send?.reset(CloseCode.shutdown);
    if (error instanceof LinkError || error instanceof DecodeError || error instanceof MeshError) return;
    queueMicrotask(() => {
      throw error;
    });
  }
}
