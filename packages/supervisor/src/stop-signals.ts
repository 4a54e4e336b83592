/**
 * SIGINT, SIGTERM and SIGHUP for a launcher: the first asks for a stop, a later one for an exit at once. One Ctrl+C reaches
 * the launcher up to three times (from the terminal, from npm, from the bootstrap script, each forwarding it), so signals
 * within a second of the first are that same wish.
 */
const SAME_WISH_MS = 1_000;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Returns the removal of the handlers. */
export function onStopSignals(handlers: {
  readonly first: (signal: NodeJS.Signals) => void;
  readonly again: (signal: NodeJS.Signals) => void;
}): () => void {
  let firstAt: number | undefined;
  const listener = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (firstAt === undefined) {
      firstAt = now;
      handlers.first(signal);
    } else if (now - firstAt > SAME_WISH_MS) {
      handlers.again(signal);
    }
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener);
  };
}
