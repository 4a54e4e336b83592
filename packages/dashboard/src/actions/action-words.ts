/** What each action on a node is called and does, as the confirmation says it. */
import type { NodeActionKind } from "./action-desk.js";

export interface ActionWords {
  readonly verb: string;
  readonly does: string;
  /** It ends or silences something: the button says so by its colour. */
  readonly harmful: boolean;
}

export const ACTION_WORDS: Readonly<Record<NodeActionKind, ActionWords>> = {
  stop: {
    verb: "Stop",
    does: "It says goodbye to its mesh, finishes what it is doing, and its process ends.",
    harmful: true,
  },
  kill: {
    verb: "Kill",
    does: "Its process ends at once, without a goodbye. Its mesh has to find out by itself.",
    harmful: true,
  },
  restart: {
    verb: "Restart",
    does: "Its process ends and a new one starts with the same identity and name.",
    harmful: true,
  },
  freeze: {
    verb: "Freeze",
    does: "Its process stands still (SIGSTOP). It answers nobody, and its mesh will suspect it and declare it dead.",
    harmful: true,
  },
  thaw: { verb: "Thaw", does: "Its process goes on (SIGCONT) where it stood still.", harmful: false },
};
