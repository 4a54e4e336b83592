/**
 * When a question is put to the console: once, as soon as the page is seen; and again where the console did not answer. Not again by itself
 * once it has answered, also where it refused: who wants to know more asks anew when the stream says that something has changed.
 *
 * Owner: a component, by use-api.ts, which ends it with the returned function; nothing is told after that.
 */
import { type ApiFailure, failureOf } from "./api-client.js";

/** After a call that found no console. The stream tries more often to come back, and says so on the page. */
const RETRY_MS = 5_000;

export interface Question<T> {
  readonly call: (signal: AbortSignal) => Promise<T>;
  readonly onAsk: () => void;
  readonly onAnswer: (answer: T) => void;
  readonly onFailure: (failure: ApiFailure) => void;
}

/** Of the document. */
export interface Seen {
  readonly hidden: boolean;
  addEventListener(
    type: "visibilitychange",
    listener: () => void,
    options: { readonly once: true; readonly signal: AbortSignal },
  ): void;
}

export function ask<T>(question: Question<T>, page: Seen): () => void {
  const ended = new AbortController();
  const { signal } = ended;
  let retry: ReturnType<typeof setTimeout> | undefined;
  const once = async () => {
    if (page.hidden) {
      page.addEventListener("visibilitychange", () => void once(), { once: true, signal });
      return;
    }
    question.onAsk();
    try {
      const answer = await question.call(signal);
      if (!signal.aborted) question.onAnswer(answer);
    } catch (error) {
      if (signal.aborted) return;
      const failure = failureOf(error);
      question.onFailure(failure);
      if (failure.status === 0) retry = setTimeout(() => void once(), RETRY_MS);
    }
  };
  void once();
  return () => {
    ended.abort();
    clearTimeout(retry);
  };
}
