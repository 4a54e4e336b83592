/**
 * The page's data as it was at a moment: members and links of the history in the shapes of today, every figure unknown. Pure. What is
 * not of the past (messages, traces, the console itself) stays as it is, for nobody draws it there.
 */
import type { HistoryState, LinkView, NodeView } from "@meshwork/console/api-types";
import type { LiveData, Received } from "../state/live-state.js";

/** Ages in the past do not grow. */
const STANDING_STILL = Number.POSITIVE_INFINITY;

export function pastData(now: LiveData, past: HistoryState): LiveData {
  const mark = <T>(value: T): Received<T> => ({ value, receivedAtMs: STANDING_STILL });
  const names = new Map(past.members.flatMap(({ id, name }) => (id === null ? [] : [[id, name] as const])));
  const links = past.links.map((link): LinkView => {
    const { a, b } = link;
    const ends = { aName: names.get(a) ?? null, bName: names.get(b) ?? null };
    return { ...link, ...ends, sinceMs: 0, ageMs: past.linksAgeMs ?? 0 };
  });
  const { value: cluster } = now.cluster;
  return {
    ...now,
    // The past cannot be acted upon.
    cluster: mark({ ...cluster, readOnly: true }),
    nodes: new Map(past.members.map((member) => [member.key, mark(pastNode(member))])),
    links: new Map(links.map((link) => [link.key, mark(link)])),
    events: [],
    messages: [],
  };
}

function pastNode(member: HistoryState["members"][number]): NodeView {
  const { state } = member;
  return {
    ...member,
    ...{ live: state === "alive" || state === "suspected", accusedBy: [], observers: [], agreeing: 0 },
    ...{ knownForMs: null, recordAgeMs: null, statsAgeMs: null, uptimeMs: null, addresses: null, location: null },
    ...{ loadClass: null, version: null, generation: null, sequence: null, activeViews: null, cpuUsedCores: null },
    ...{ cpuBudgetCores: null, ramUsedBytes: null, ramBudgetBytes: null, framesSentPerMinute: null },
    ...{ framesReceivedPerMinute: null, framesSent: null, framesReceived: null, frames: null, connections: null },
    ...{ connectionsOpened: null, directorySize: null, eventLoopDelayP99Ms: null, telemetryDropped: null },
    ...{ process: null, bootMs: null, boot: null },
  };
}
