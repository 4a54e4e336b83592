/** Which action the reader wants to take, for whoever draws the dialog. One at a time; owner: the page, for its whole life. */

export type NodeActionKind = "stop" | "kill" | "restart" | "freeze" | "thaw";

export type ActionWish =
  | { readonly kind: NodeActionKind; readonly name: string }
  | { readonly kind: "spawn"; readonly mesh: string | null }
  | { readonly kind: "send"; readonly to: string | null }
  | { readonly kind: "demo"; readonly on: boolean };

class ActionDesk {
  #wish: ActionWish | null = null;
  readonly #listeners = new Set<() => void>();

  readonly wish = (): ActionWish | null => this.#wish;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly ask = (wish: ActionWish | null): void => {
    this.#wish = wish;
    for (const listener of [...this.#listeners]) listener();
  };
}

export const actionDesk = new ActionDesk();
