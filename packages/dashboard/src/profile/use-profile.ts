/** Takes one profile at a time: under way, done, failed, or given up. Leaving the tab gives it up, and the console ends it at the node. */
import type { ProfileResult } from "@meshwork/console/api-types";
import { profileTakesMs } from "@meshwork/node/cpu-profile";
import { useEffect, useRef, useState } from "react";
import { useSession } from "../hooks/use-live.js";
import { type ApiFailure, failureOf } from "../state/api-client.js";

/** Beyond the time that sampling takes. */
const ANSWER_MS = 15_000;

export type ProfileRun =
  | { readonly state: "idle" }
  | { readonly state: "running"; readonly name: string; readonly startedAtMs: number; readonly takesMs: number }
  | { readonly state: "done"; readonly name: string; readonly result: ProfileResult; readonly receivedAtMs: number }
  | { readonly state: "failed"; readonly name: string; readonly failure: ApiFailure };

export interface Profiling {
  readonly run: ProfileRun;
  readonly take: (name: string, durationMs: number) => void;
  readonly cancel: () => void;
}

export function useProfile(): Profiling {
  const { api } = useSession();
  const [run, setRun] = useState<ProfileRun>({ state: "idle" });
  const ended = useRef<AbortController | null>(null);
  useEffect(() => () => ended.current?.abort(), []);

  const take = async (name: string, durationMs: number) => {
    ended.current?.abort();
    const controller = new AbortController();
    ended.current = controller;
    const takesMs = profileTakesMs(durationMs);
    setRun({ state: "running", name, startedAtMs: performance.now(), takesMs });
    try {
      const path = `/api/nodes/${encodeURIComponent(name)}/profile`;
      const result = await api.post<ProfileResult>(path, { durationMs }, controller.signal, takesMs + ANSWER_MS);
      setRun({ state: "done", name, result, receivedAtMs: performance.now() });
    } catch (error) {
      if (controller.signal.aborted) return;
      const failure = failureOf(error);
      setRun({ state: "failed", name, failure });
    }
  };
  const cancel = () => {
    ended.current?.abort();
    setRun({ state: "idle" });
  };
  return { run, take: (name, durationMs) => void take(name, durationMs), cancel };
}
