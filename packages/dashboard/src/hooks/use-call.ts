/** One call of the API that changes something: what it answered or how it failed. It ends with the component. */
import { useCallback, useEffect, useRef, useState } from "react";
import { type ApiClient, type ApiFailure, failureOf } from "../state/api-client.js";
import { useSession } from "./use-live.js";

export type CallState<T> =
  | { readonly phase: "idle" | "busy"; readonly result: null; readonly failure: null }
  | { readonly phase: "done"; readonly result: T; readonly failure: null }
  | { readonly phase: "failed"; readonly result: null; readonly failure: ApiFailure };

export function useCall<T>(): [CallState<T>, (call: (api: ApiClient, signal: AbortSignal) => Promise<T>) => void] {
  const { api } = useSession();
  const [state, setState] = useState<CallState<T>>({ phase: "idle", result: null, failure: null });
  const ended = useRef<AbortController>(null);
  useEffect(() => () => ended.current?.abort(), []);
  const run = useCallback(
    (call: (api: ApiClient, signal: AbortSignal) => Promise<T>) => {
      ended.current?.abort();
      const abort = new AbortController();
      ended.current = abort;
      setState({ phase: "busy", result: null, failure: null });
      call(api, abort.signal).then(
        (result) => {
          if (!abort.signal.aborted) setState({ phase: "done", result, failure: null });
        },
        (error: unknown) => {
          if (!abort.signal.aborted) setState({ phase: "failed", result: null, failure: failureOf(error) });
        },
      );
    },
    [api],
  );
  return [state, run];
}
