/**
 * Server-sent events from a byte stream cut anywhere (WHATWG HTML, 9.2.6 "Interpreting an event stream"). Written here because
 * EventSource cannot send the Authorization header. Holds at most one unfinished event; above `MAX_EVENT_CHARS` it gives up, which ends
 * the connection.
 */
export interface SseEvent {
  readonly event: string;
  readonly data: string;
  /** The last id seen so far, which is what Last-Event-ID resumes from. */
  readonly id: string;
}

/** A snapshot of 200 nodes is about 0.6 MB. */
const MAX_EVENT_CHARS = 32 * 1024 * 1024;

export class SseParser {
  #rest = "";
  #event = "";
  #data: string[] = [];
  #chars = 0;
  #id = "";
  #first = true;

  /** Complete events in `text`. Throws RangeError where one event is above the limit. */
  push(text: string): SseEvent[] {
    if (this.#first && text !== "") {
      this.#first = false;
      if (text.startsWith("\uFEFF")) text = text.slice(1);
    }
    const events: SseEvent[] = [];
    let buffer = this.#rest + text;
    for (;;) {
      const end = buffer.search(/[\r\n]/);
      // A CR at the very end may be half of a CRLF: wait for what follows.
      if (end < 0 || (buffer[end] === "\r" && end === buffer.length - 1)) break;
      const line = buffer.slice(0, end);
      buffer = buffer.slice(end + (buffer.startsWith("\r\n", end) ? 2 : 1));
      const event = this.#line(line);
      if (event !== undefined) events.push(event);
    }
    this.#rest = buffer;
    if (buffer.length + this.#chars > MAX_EVENT_CHARS) throw new RangeError("an event of the stream is too large");
    return events;
  }

  #line(line: string): SseEvent | undefined {
    if (line === "") return this.#dispatch();
    if (line.startsWith(":")) return undefined;
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") this.#event = value;
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    else if (field === "data") {
      this.#data.push(value);
      this.#chars += value.length;
    }
    return undefined;
  }

  #dispatch(): SseEvent | undefined {
    const data = this.#data;
    const event = this.#event === "" ? "message" : this.#event;
    this.#event = "";
    this.#data = [];
    this.#chars = 0;
    return data.length === 0 ? undefined : { event, data: data.join("\n"), id: this.#id };
  }
}
