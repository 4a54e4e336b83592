/**
 * The console's stream of events (`/api/stream?only=events`) as messages. Reads what that console writes: one `id`, `event` and `data`
 * line each, in that order, an empty line at the end. Ends with the stream; throws where it says nothing for `SILENT_MS`, since a
 * console pings every 2 s.
 */
import type { EventView } from "@meshwork/console/api-types";

/** 100 events of some 600 bytes are the most that one message holds. */
const MAX_MESSAGE_CHARS = 4 * 1024 * 1024;
export const SILENT_MS = 10_000;

export interface StreamMessage {
  /** Tells one run of the console from the next, whose events are counted from 1 again. */
  readonly run: string;
  /** The newest first, as the console sends them; empty for pings. */
  readonly events: readonly EventView[];
}

export async function* eventMessages(
  body: ReadableStream<Uint8Array>,
  silentMs = SILENT_MS,
): AsyncGenerator<StreamMessage> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await within(silentMs, reader.read());
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      if (rest.length > MAX_MESSAGE_CHARS) throw new Error("a message of its stream is too large");
      for (const block of blocks) {
        const message = messageOf(block);
        if (message !== undefined) yield message;
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function messageOf(block: string): StreamMessage | undefined {
  const match = /^id: ([0-9a-f]+)-\d+\nevent: \w+\ndata: (.*)$/.exec(block);
  if (match === null) throw new Error("its stream cannot be read");
  const { events = [] } = JSON.parse(match[2] ?? "") as { events?: EventView[] };
  return { run: match[1] ?? "", events };
}

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`it has said nothing for ${Math.round(ms / 1_000)} s`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
