/** A GET of the console's API while the component is shown (asking.ts). What came last stays (with its age) when a later call fails. */
import type { Target } from "@meshwork/console/client";
import { useCallback, useEffect, useState } from "react";
import type { ApiFailure } from "../state/api-client.js";
import { ask } from "../state/asking.js";
import { useSession } from "./use-live.js";

export interface ApiResult<T> {
  /** Null before the first answer to this path. */
  readonly data: T | null;
  /** By the page's monotonic clock. */
  readonly receivedAtMs: number;
  /** Of the newest call; null when it went well. */
  readonly failure: ApiFailure | null;
  readonly loading: boolean;
  readonly refresh: () => void;
}

interface Held<T> {
  readonly path: string | null;
  readonly data: T | null;
  readonly receivedAtMs: number;
  readonly failure: ApiFailure | null;
  readonly loading: boolean;
}

const NOTHING = { data: null, receivedAtMs: 0, failure: null, loading: true };

/** `path` (`targetOf`) null asks nothing; another `version`, of what the stream has told, asks again. */
export function useApi<T>(path: Target<T> | null, version: unknown = null): ApiResult<T> {
  const { api } = useSession();
  const [held, setHeld] = useState<Held<T>>({ path, ...NOTHING });
  const [round, setRound] = useState(0);
  const refresh = useCallback(() => setRound((value) => value + 1), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `version` and `round` are there to start over.
  useEffect(() => {
    if (path === null) return undefined;
    const before = (current: Held<T>) => (current.path === path ? current : { path, ...NOTHING });
    return ask(
      {
        call: (signal) => api.get(path, signal),
        onAsk: () => setHeld((current) => ({ ...before(current), loading: true })),
        onAnswer: (data) => setHeld({ path, data, receivedAtMs: performance.now(), failure: null, loading: false }),
        onFailure: (failure) => setHeld((current) => ({ ...before(current), failure, loading: false })),
      },
      document,
    );
  }, [api, path, version, round]);

  const current = held.path === path ? held : { path, ...NOTHING };
  return { ...current, loading: current.loading && path !== null, refresh };
}
