/** A node's directory: asked for once, and again when the page hears that a member came, went, or is seen otherwise. */
import type { DirectoryView } from "@meshwork/console/api-types";
import { targetOf } from "@meshwork/console/client";
import { type ApiResult, useApi } from "../hooks/use-api.js";
import { useThrottled } from "../hooks/use-throttled.js";
import type { LiveData } from "../state/live-state.js";

/** Asking costs the node a request, and gossip takes a moment to reach it. */
const AGAIN_MS = 2_000;

/** `as` null is the console's own; undefined asks nothing. */
export function useDirectory(data: LiveData, as: string | null | undefined): ApiResult<DirectoryView> {
  const newest = data.events.find(({ value }) => value.kind.startsWith("node."))?.value.id ?? 0;
  const version = useThrottled(newest, AGAIN_MS);
  const query = as === null || as === undefined ? {} : { as };
  return useApi(as === undefined ? null : targetOf("GET /api/directory", { query }), version);
}
