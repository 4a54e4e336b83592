/**
 * A GET of the console's API, repeated while the component is shown and the page is visible. What came last stays (with its age) when a
 * later call fails.
 */
import type { Target } from "@meshwork/console/client";
import { useCallback, useEffect, useState } from "react";
import { ApiFailure } from "../state/api-client.js";
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

/** `path` (`targetOf`) null asks nothing; `everyMs` null asks once; another `version` asks again. */
export function useApi<T>(path: Target<T> | null, everyMs: number | null, version: unknown = null): ApiResult<T> {
  const { api } = useSession();
  const [held, setHeld] = useState<Held<T>>({ path, ...NOTHING });
  const [round, setRound] = useState(0);
  const refresh = useCallback(() => setRound((value) => value + 1), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `version` and `round` are there to start over.
  useEffect(() => {
    if (path === null) return undefined;
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      if (!document.hidden) {
        const before = (current: Held<T>) => (current.path === path ? current : { path, ...NOTHING });
        setHeld((current) => ({ ...before(current), loading: true }));
        try {
          const data = await api.get(path, ended.signal);
          setHeld({ path, data, receivedAtMs: performance.now(), failure: null, loading: false });
        } catch (error) {
          if (ended.signal.aborted) return;
          const failure = error instanceof ApiFailure ? error : new ApiFailure(0, "", String(error), "");
          setHeld((current) => ({ ...before(current), failure, loading: false }));
        }
      }
      if (everyMs !== null && !ended.signal.aborted) timer = setTimeout(() => void ask(), everyMs);
    };
    void ask();
    return () => {
      ended.abort();
      clearTimeout(timer);
    };
  }, [api, path, everyMs, version, round]);

  const current = held.path === path ? held : { path, ...NOTHING };
  return { ...current, loading: current.loading && path !== null, refresh };
}
