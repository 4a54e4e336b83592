/** The runtime stream, open while the component is shown. */
import { useEffect, useState } from "react";
import { useSession } from "../hooks/use-live.js";
import type { RuntimeData } from "./runtime-state.js";

export function useRuntime(): RuntimeData | null {
  const { openRuntime } = useSession();
  const [data, setData] = useState<RuntimeData | null>(null);
  useEffect(() => {
    const store = openRuntime();
    const stop = store.subscribe(() => setData(store.data()));
    store.start();
    return () => {
      stop();
      store.close();
    };
  }, [openRuntime]);
  return data;
}
