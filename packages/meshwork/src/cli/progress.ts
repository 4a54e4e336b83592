/**
 * One line of progress on standard error that rewrites itself on a terminal; elsewhere only lines that stay are printed.
 * Owner: one command; `done` or a lasting line clears it.
 */
import type { Io } from "./io.js";

export class Progress {
  readonly #io: Io;
  #shown = false;

  constructor(io: Io) {
    this.#io = io;
  }

  /** Shows a passing text. */
  update(text: string): void {
    if (!this.#io.interactive) return;
    this.#io.err(`\r\u001b[2K${text}`);
    this.#shown = true;
  }

  /** Prints a line that stays. */
  line(text: string): void {
    this.clear();
    this.#io.err(`${text}\n`);
  }

  clear(): void {
    if (!this.#shown) return;
    this.#io.err("\r\u001b[2K");
    this.#shown = false;
  }
}
