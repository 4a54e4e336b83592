/**
 * Whether somebody looks: an open stream, or an API reader within the last 10 s. Figures at high rate are subscribed to only
 * then, because each subscription costs every node a frame per interval.
 */
const READER_MS = 10_000;

export class Attention {
  readonly #onChange: (attentive: boolean) => void;
  #holders = 0;
  #timer: NodeJS.Timeout | undefined;
  #on = false;

  constructor(onChange: (attentive: boolean) => void) {
    this.#onChange = onChange;
  }

  get on(): boolean {
    return this.#on;
  }

  /** A single read: attentive for 10 s from now. */
  touch(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#update();
    }, READER_MS);
    this.#timer.unref();
    this.#update();
  }

  /** An open stream: attentive until the returned function is called. */
  hold(): () => void {
    let held = true;
    this.#holders += 1;
    this.#update();
    return () => {
      if (!held) return;
      held = false;
      this.#holders -= 1;
      this.#update();
    };
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#holders = 0;
    this.#update();
  }

  #update(): void {
    const on = this.#holders > 0 || this.#timer !== undefined;
    if (on === this.#on) return;
    this.#on = on;
    this.#onChange(on);
  }
}
