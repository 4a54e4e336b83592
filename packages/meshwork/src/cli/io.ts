/** What a command may touch of the world: handed in, so that tests run commands without a process. */
export interface Io {
  /** Results. */
  out(text: string): void;
  /** Progress, errors, hints. */
  err(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Standard error is a terminal: progress may rewrite its line. */
  readonly interactive: boolean;
  /** Columns of standard output; undefined where it is no terminal. */
  readonly columns: number | undefined;
  readonly colour: boolean;
  /**
   * Aborted by Ctrl+C, SIGTERM or SIGHUP, or once nobody reads standard output any more. From the call on these signals end nothing by
   * themselves: whoever asks ends what it does, and so the process.
   */
  untilInterrupted(): AbortSignal;
}

/** NO_COLOR (any value but empty) switches colour off, FORCE_COLOR on; otherwise a terminal decides. See https://no-color.org. */
export function wantsColour(env: Io["env"], isTerminal: boolean): boolean {
  if ((env.NO_COLOR ?? "") !== "") return false;
  if ((env.FORCE_COLOR ?? "") !== "" && env.FORCE_COLOR !== "0") return true;
  return isTerminal && env.TERM !== "dumb";
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export function processIo(): Io {
  // A reader that has seen enough (`mesh members | head -1`), or a terminal that was closed, must not cut short what is under
  // way: `mesh up` still has its nodes to stop.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    env: process.env,
    cwd: process.cwd(),
    interactive: process.stderr.isTTY === true,
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    colour: wantsColour(process.env, process.stdout.isTTY === true),
    untilInterrupted: () => {
      const interrupted = new AbortController();
      const abort = () => interrupted.abort();
      for (const signal of SIGNALS) process.once(signal, abort);
      process.stdout.once("error", abort);
      return interrupted.signal;
    },
  };
}
