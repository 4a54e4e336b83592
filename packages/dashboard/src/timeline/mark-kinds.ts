/** The lanes of the timeline: which marks lie in which. Kinds that this page does not know are in `other`. */
export const LANES = [
  "joins",
  "suspicions",
  "deaths",
  "leaves",
  "links",
  "processes",
  "faults",
  "alerts",
  "other",
] as const;
export type LaneName = (typeof LANES)[number];

/** Not shown unless asked for: changes of load class and such, and links, of which there are many. */
export const HIDDEN_AT_FIRST: readonly LaneName[] = ["other"];

const BY_KIND: Readonly<Record<string, LaneName>> = {
  "node.joined": "joins",
  "node.restarted": "joins",
  "node.suspected": "suspicions",
  "node.refuted": "suspicions",
  "node.dead": "deaths",
  "node.expired": "deaths",
  "node.left": "leaves",
  "process.started": "processes",
  "process.exited": "processes",
  "process.frozen": "faults",
  "process.thawed": "faults",
  "api.kill": "faults",
  "api.freeze": "faults",
  "api.thaw": "faults",
  "api.stop": "processes",
  "api.restart": "processes",
  "api.spawn": "processes",
};
const BY_FAMILY: Readonly<Record<string, LaneName>> = {
  link: "links",
  process: "processes",
  boot: "faults",
  chaos: "faults",
  alert: "alerts",
};

export function laneOf(kind: string): LaneName {
  return BY_KIND[kind] ?? BY_FAMILY[kind.split(".", 1)[0]!] ?? "other";
}
