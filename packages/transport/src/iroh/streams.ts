/**
 * Stream halves over the binding. Two of its rules are met here once for all:
 *
 * - A stream half is one mutex held for the whole operation, and nothing can be cancelled: `stop()` behind a pending read
 *   hangs until data comes, `reset()` behind a blocked write likewise. So stop and reset settle *our* promises at once and
 *   let the native call follow whenever it can; it is freed at the latest when the connection closes.
 * - Overlapping calls reorder bytes. A second write or read while one is under way is a programmer's error and rejects.
 */
import type { RecvStream, SendStream } from "@number0/iroh/index.js";
import { fromArray, MAX_WRITE_BYTES, toArray } from "../bytes.js";
import type { LinkRecvStream, LinkSendStream } from "../link.js";
import { LinkError } from "../link.js";
import { streamError } from "./errors.js";
import { retained } from "./retained.js";

/** Streams of one connection, held until they end; the connection clears what is left when it is gone. */
export type StreamSet = Set<object>;

function hold(native: object, set: StreamSet): void {
  set.add(native);
  retained.streams.add(native);
}

function release(native: object, set: StreamSet): void {
  set.delete(native);
  retained.streams.delete(native);
}

function checkedCode(code: number): bigint {
  if (!Number.isSafeInteger(code) || code < 0) throw new LinkError("invalid-argument", `stream code ${code}`);
  return BigInt(code);
}

function ignore(): void {}

export class IrohSendStream implements LinkSendStream {
  readonly #native: SendStream;
  readonly #set: StreamSet;
  #busy = false;
  #ended: LinkError | undefined;
  #abort: ((error: LinkError) => void) | undefined;

  constructor(native: SendStream, set: StreamSet) {
    this.#native = native;
    this.#set = set;
    hold(native, set);
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (this.#busy) return Promise.reject(new LinkError("invalid-argument", "overlapping writes on one stream"));
    if (!(bytes instanceof Uint8Array)) return Promise.reject(new LinkError("invalid-argument", "not a Uint8Array"));
    this.#busy = true;
    return new Promise<void>((resolve, reject) => {
      this.#abort = reject;
      this.#writeChunks(bytes).then(
        () => {
          this.#busy = false;
          resolve();
        },
        (error: unknown) => {
          this.#busy = false;
          const failure = streamError(error);
          this.#ended ??= failure;
          release(this.#native, this.#set);
          reject(failure);
        },
      );
    });
  }

  async #writeChunks(bytes: Uint8Array): Promise<void> {
    if (bytes.length <= MAX_WRITE_BYTES) return this.#native.writeAll(toArray(bytes));
    for (let start = 0; start < bytes.length; start += MAX_WRITE_BYTES) {
      if (this.#ended !== undefined) throw this.#ended;
      await this.#native.writeAll(toArray(bytes, start, Math.min(start + MAX_WRITE_BYTES, bytes.length)));
    }
  }

  async finish(): Promise<void> {
    if (this.#ended !== undefined) return;
    if (this.#busy) throw new LinkError("invalid-argument", "finish during a write");
    this.#ended = new LinkError("closed", "the stream is finished");
    try {
      await this.#native.finish();
    } catch (error) {
      throw streamError(error);
    } finally {
      release(this.#native, this.#set);
    }
  }

  async reset(code: number): Promise<void> {
    const nativeCode = checkedCode(code);
    if (this.#ended !== undefined) return;
    this.#ended = new LinkError("closed", "the stream is reset");
    const done = this.#native.reset(nativeCode).catch(ignore);
    void done.then(() => release(this.#native, this.#set));
    if (this.#busy) this.#abort?.(this.#ended);
    else await done;
  }
}

export class IrohRecvStream implements LinkRecvStream {
  readonly #native: RecvStream;
  readonly #set: StreamSet;
  #busy = false;
  #ended: LinkError | null | undefined;
  #abort: ((error: LinkError) => void) | undefined;

  constructor(native: RecvStream, set: StreamSet) {
    this.#native = native;
    this.#set = set;
    hold(native, set);
  }

  read(maxBytes: number): Promise<Uint8Array | null> {
    if (this.#ended === null) return Promise.resolve(null);
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (this.#busy) return Promise.reject(new LinkError("invalid-argument", "overlapping reads on one stream"));
    if (!Number.isInteger(maxBytes) || maxBytes < 1 || maxBytes > 1 << 20) {
      return Promise.reject(new LinkError("invalid-argument", `read of ${maxBytes} bytes`));
    }
    this.#busy = true;
    return new Promise((resolve, reject) => {
      this.#abort = reject;
      this.#native.read(maxBytes).then(
        (array) => {
          this.#busy = false;
          if (array.length > 0) {
            resolve(fromArray(array));
            return;
          }
          this.#end(null);
          resolve(null);
        },
        (error: unknown) => {
          this.#busy = false;
          const failure = streamError(error);
          this.#end(failure);
          reject(failure);
        },
      );
    });
  }

  stop(code: number): void {
    const nativeCode = checkedCode(code);
    if (this.#ended !== undefined) return;
    this.#ended = new LinkError("closed", "reading was stopped");
    this.#native
      .stop(nativeCode)
      .catch(ignore)
      .finally(() => release(this.#native, this.#set));
    if (this.#busy) this.#abort?.(this.#ended);
  }

  #end(how: LinkError | null): void {
    if (this.#ended === undefined) {
      this.#ended = how;
      release(this.#native, this.#set);
    }
  }
}
