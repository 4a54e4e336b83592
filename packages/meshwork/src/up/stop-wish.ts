/**
 * The one wish to stop, from whoever has it first: a signal, or the death of a process above this one. A signal that comes
 * again after a second ends the launcher at once; the watchdog then ends the rest.
 */
import { onStopSignals, watchAncestors } from "@meshwork/supervisor";

export interface StopWish {
  /** Resolves with the reason. */
  readonly asked: Promise<string>;
  remove(): void;
}

export function awaitStopWish(): StopWish {
  let ask: (reason: string) => void = () => {};
  const asked = new Promise<string>((resolve) => {
    ask = resolve;
  });
  const removeSignals = onStopSignals({ first: (signal) => ask(signal), again: () => process.exit(130) });
  const ancestors = watchAncestors({
    onGone: ({ pid, name }) => ask(`${name}, process ${pid} above this one, is gone`),
  });
  return {
    asked,
    remove: () => {
      removeSignals();
      ancestors.stop();
    },
  };
}
