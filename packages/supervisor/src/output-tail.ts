/**
 * The last lines that a child wrote, for the message when it fails, and each line to the log as it comes. Bounded in bytes
 * whatever the child writes; a line longer than the bound is cut.
 */
import type { Readable } from "node:stream";

const MAX_TAIL_CHARS = 4_096;

export class OutputTail {
  #tail = "";
  #partial = "";
  readonly #onLine: ((line: string) => void) | undefined;

  constructor(onLine?: (line: string) => void) {
    this.#onLine = onLine;
  }

  attach(stream: Readable | null | undefined): void {
    stream?.setEncoding("utf8");
    stream?.on("data", (chunk: string) => this.push(chunk));
    stream?.on("error", () => {});
  }

  push(chunk: string): void {
    this.#tail = (this.#tail + chunk).slice(-MAX_TAIL_CHARS);
    if (this.#onLine === undefined) return;
    const lines = (this.#partial + chunk).split("\n");
    this.#partial = (lines.pop() ?? "").slice(-MAX_TAIL_CHARS);
    for (const line of lines) if (line !== "") this.#onLine(line.slice(0, MAX_TAIL_CHARS));
  }

  lastLines(count: number): string {
    return this.#tail.trim().split("\n").slice(-count).join("\n");
  }
}
