/**
 * What the console watches for: code, meaning, what to do, and for how long a figure must be bad before it is an alert, and good before
 * that ends. Codes are stable.
 */
export interface AlertRule {
  readonly title: string;
  readonly severity: "warn" | "error";
  /** What it means where it is true. */
  readonly meaning: string;
  readonly advice: string;
  /** Of the figure and its limit. */
  readonly unit: "cores" | "bytes" | "peers" | "connections" | "per minute" | "nodes" | "ms" | "spans";
  readonly raiseAfterMs: number;
  readonly clearAfterMs: number;
}

export const ALERT_RULES = {
  M001: {
    title: "Node over its CPU budget",
    severity: "warn",
    meaning: "It uses more cores than it was granted.",
    advice: "Take a profile of it; raise its budget where the load is meant, or spread the load over more nodes.",
    unit: "cores",
    raiseAfterMs: 10_000,
    clearAfterMs: 30_000,
  },
  M002: {
    title: "Node over its memory budget",
    severity: "warn",
    meaning: "Its process holds more memory than it was granted.",
    advice: "Look at its collections under Runtime: one that only grows is a leak. Else raise its budget.",
    unit: "bytes",
    raiseAfterMs: 10_000,
    clearAfterMs: 30_000,
  },
  M003: {
    title: "Node without peers",
    severity: "error",
    meaning: "Its active view of its own mesh is empty although the mesh has other members: it hears nothing.",
    advice: "Look at its last events and whether its seeds are up. A restart makes it join anew.",
    unit: "peers",
    raiseAfterMs: 15_000,
    clearAfterMs: 10_000,
  },
  M004: {
    title: "CPU without peers",
    severity: "error",
    meaning: "It works although it has nobody to talk to: it may be redialling, or spin.",
    advice: "Take a profile of it before anything else; then restart it.",
    unit: "cores",
    raiseAfterMs: 15_000,
    clearAfterMs: 15_000,
  },
  M005: {
    title: "Ghost connection",
    severity: "warn",
    meaning: "It keeps more than one connection to the same peer: one of them has no use and should have been closed.",
    advice:
      "Look whether the peer was restarted or frozen. Connections without use end by themselves within 30 s; report one that stays.",
    unit: "connections",
    raiseAfterMs: 60_000,
    clearAfterMs: 15_000,
  },
  M006: {
    title: "Ghost neighbour",
    severity: "warn",
    meaning:
      "It holds a neighbour that does not hold it: what it sends there is lost, what it waits for does not come.",
    advice: "Look at both ends. A restart of the end that reports the link makes it choose its neighbours anew.",
    unit: "peers",
    raiseAfterMs: 60_000,
    clearAfterMs: 10_000,
  },
  M007: {
    title: "Connection storm",
    severity: "error",
    meaning: "It keeps opening connections; a settled node opens hardly any.",
    advice: "Look for peers that come and go, for seeds that refuse, and for one identity that two processes use.",
    unit: "per minute",
    raiseAfterMs: 30_000,
    clearAfterMs: 60_000,
  },
  M008: {
    title: "Split suspected",
    severity: "error",
    meaning: "The nodes of the mesh disagree in two groups about who is a member.",
    advice:
      "Compare two directories under Directory, one of each group, and look at the network between them. Nodes find together by themselves once it lets them.",
    unit: "nodes",
    raiseAfterMs: 20_000,
    clearAfterMs: 20_000,
  },
  M009: {
    title: "Refresh late",
    severity: "warn",
    meaning: "Its record is older than twice the interval at which it renews it: it is frozen, overloaded or cut off.",
    advice: "Look whether it answers and what its event-loop delay is. Without a refresh the mesh gives it up.",
    unit: "ms",
    raiseAfterMs: 5_000,
    clearAfterMs: 5_000,
  },
  M010: {
    title: "Telemetry dropped",
    severity: "warn",
    meaning: "Spans were lost on their way: what traces and message counts show is not all that happened.",
    advice: "Look whether a collector is slow or gone, and how much is dropped of what the console takes in.",
    unit: "spans",
    raiseAfterMs: 0,
    clearAfterMs: 60_000,
  },
  M011: {
    title: "Console lags",
    severity: "warn",
    meaning: "The console's own event loop is late: what this page shows comes late too.",
    advice: "Close pages that are not needed, and look at the load of the machine.",
    unit: "ms",
    raiseAfterMs: 5_000,
    clearAfterMs: 15_000,
  },
} as const satisfies Record<string, AlertRule>;

export type AlertCode = keyof typeof ALERT_RULES;
export const ALERT_CODES = Object.keys(ALERT_RULES) as AlertCode[];
