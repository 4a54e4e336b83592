/**
 * The rules: what the facts say now. Pure. Each verdict has a bad and a good limit; what lies between changes nothing, so that a figure
 * at the limit does not flap. Time (how long bad, how long good) is the book's.
 */
import type { AlertCode } from "./catalogue.js";
import type { Facts, Figure, LinkFacts, MeshFacts, NodeFacts } from "./facts.js";

/** `between` the limits nothing changes. `unknown`: the figure is missing or too old to judge. */
export type Judgement = "bad" | "between" | "good" | "unknown";

export interface Verdict {
  readonly code: AlertCode;
  /** Tells it from others of the same code. */
  readonly subject: string;
  readonly node: string | null;
  readonly mesh: string | null;
  readonly judgement: Judgement;
  /** Null where it is unknown. */
  readonly value: number | null;
  readonly limit: number;
  readonly figureAgeMs: number | null;
  readonly cause: string;
}

export const LIMITS = {
  /** Of the budget: above it bad, below nine tenths good. */
  budgetCleared: 0.9,
  /** Cores of a node without peers. An idle node uses less than a hundredth. */
  lonelyCpuBad: 0.1,
  lonelyCpuGood: 0.05,
  /** A settled node opens none but the shuffle's, about one a minute. */
  openedPerMinuteBad: 30,
  openedPerMinuteGood: 10,
  /** Of the refresh interval. */
  refreshBad: 2,
  refreshGood: 1.25,
  loopDelayBadMs: 200,
  loopDelayGoodMs: 50,
  /** Nodes that must differ: one alone is behind, not split off. */
  splitNodes: 2,
  /** Of a mesh: a directory this much smaller than the console's is another group's. */
  splitShare: 0.1,
} as const;

export function judge(facts: Facts): Verdict[] {
  const live = new Map(facts.meshes.map((mesh) => [mesh.mesh, mesh.live]));
  return [
    ...facts.nodes.flatMap((node) => judgeNode(node, live.get(node.mesh) ?? 1)),
    ...facts.links.map(ghostNeighbour),
    ...facts.meshes.map((mesh) => split(mesh, facts.nodes)),
    ...judgeConsole(facts.console),
  ];
}

function judgeNode(node: NodeFacts, meshLive: number): Verdict[] {
  const { name, mesh, peers, cpuUsedCores: cpu } = node;
  const of = (code: AlertCode, figure: Figure | undefined, limit: number, judgement: Judgement, cause: string) =>
    verdict(code, node.id, { name, mesh }, figure, limit, judgement, cause);
  const alone = peers?.value === 0;
  const opened = node.connectionsOpenedPerMinute;
  const dropped = node.telemetryDropped;
  const further = node.furtherConnections;
  return [
    overBudget("M001", node, cpu, node.cpuBudgetCores, (value) => `${value.toFixed(2)} cores`),
    overBudget("M002", node, node.ramUsedBytes, node.ramBudgetBytes, (value) => `${Math.round(value / 2 ** 20)} MiB`),
    of(
      "M003",
      peers,
      0,
      alone && meshLive > 1 ? "bad" : "good",
      `its mesh has ${meshLive} live members, and it has none of them as neighbour`,
    ),
    of(
      "M004",
      peers === undefined ? undefined : cpu,
      LIMITS.lonelyCpuBad,
      alone ? above(cpu, LIMITS.lonelyCpuBad, LIMITS.lonelyCpuGood) : "good",
      `${cpu?.value.toFixed(2)} cores are in use with no neighbour at all`,
    ),
    of("M005", further, 0, above(further, 0, 0), `${further?.value} connection(s) more than it has peers`),
    of(
      "M007",
      opened,
      LIMITS.openedPerMinuteBad,
      above(opened, LIMITS.openedPerMinuteBad, LIMITS.openedPerMinuteGood),
      `it opened ${Math.round(opened?.value ?? 0)} connections a minute`,
    ),
    refreshLate(node),
    of("M010", dropped, 0, above(dropped, 0, 0), `it lost ${dropped?.value} spans within the last minutes`),
  ];
}

function overBudget(
  code: "M001" | "M002",
  { id, name, mesh }: NodeFacts,
  used: Figure | undefined,
  budget: number | undefined,
  text: (value: number) => string,
): Verdict {
  const known = budget !== undefined && budget > 0 ? used : undefined;
  const limit = budget ?? 0;
  const cause = `${text(used?.value ?? 0)} of ${text(limit)} are in use`;
  return verdict(code, id, { name, mesh }, known, limit, above(known, limit, limit * LIMITS.budgetCleared), cause);
}

function refreshLate({ id, name, mesh, record }: NodeFacts): Verdict {
  const limit = (record?.refreshIntervalMs ?? 0) * LIMITS.refreshBad;
  const age = record === undefined ? undefined : { value: record.ageMs, ageMs: 0 };
  const good = (record?.refreshIntervalMs ?? 0) * LIMITS.refreshGood;
  const [seconds, interval] = [record?.ageMs ?? 0, record?.refreshIntervalMs ?? 0].map((ms) => Math.round(ms / 1_000));
  const cause = `its record is ${seconds} s old, and it renews it every ${interval} s`;
  return verdict("M009", id, { name, mesh }, age, limit, above(age, limit, good), cause);
}

function ghostNeighbour({ key, mesh, holder, other, oneSided, ageMs }: LinkFacts): Verdict {
  const figure = oneSided === undefined ? undefined : { value: oneSided ? 1 : 0, ageMs };
  const cause = `it holds ${other} as neighbour in ${mesh}, and ${other} does not hold it`;
  return verdict("M006", key, { name: holder, mesh }, figure, 0, oneSided ? "bad" : "good", cause);
}

/** Three signs: directories of different size, members whom some doubt and others do not, nodes that live on out of sight. */
function split({ mesh, live, doubted, cutOff }: MeshFacts, nodes: readonly NodeFacts[]): Verdict {
  const told = nodes.filter((node) => node.mesh === mesh && node.ownMeshListed !== undefined);
  const least = live - Math.max(1, Math.floor(live * LIMITS.splitShare));
  const behind = told.filter(({ ownMeshListed }) => ownMeshListed!.value < least);
  const signs: [number, string][] = [
    [behind.length, `${listOf(behind.map(({ name }) => name))} list fewer than ${least} of its ${live} members`],
    [doubted.length, `${listOf(doubted)} are doubted by at least two others each`],
    [cutOff.length, `${listOf(cutOff)} go on outside of the console's directory`],
  ];
  const seen = signs.filter(([count]) => count >= LIMITS.splitNodes);
  const value = Math.max(...signs.map(([count]) => count));
  const ageMs = Math.max(0, ...told.map(({ ownMeshListed }) => ownMeshListed!.ageMs));
  const figure = told.length === 0 && value === 0 ? undefined : { value, ageMs };
  const cause = seen.map(([, text]) => text).join("; ");
  return verdict(
    "M008",
    mesh,
    { name: null, mesh },
    figure,
    LIMITS.splitNodes,
    seen.length > 0 ? "bad" : "good",
    cause,
  );
}

function judgeConsole({ name, loopDelayMs, rejectedSpans }: Facts["console"]): Verdict[] {
  const delay = { value: loopDelayMs, ageMs: 0 };
  const { loopDelayBadMs, loopDelayGoodMs } = LIMITS;
  const lag = above(delay, loopDelayBadMs, loopDelayGoodMs);
  const rejected = { value: rejectedSpans, ageMs: 0 };
  const refused = `the console refused ${rejectedSpans} spans within the last minutes: malformed, or above a limit`;
  const at = { name, mesh: null };
  return [
    verdict(
      "M011",
      "console",
      at,
      delay,
      loopDelayBadMs,
      lag,
      `its event loop was up to ${Math.round(loopDelayMs)} ms late`,
    ),
    verdict("M010", "console", at, rejected, 0, above(rejected, 0, 0), refused),
  ];
}

function above(figure: Figure | undefined, bad: number, good: number): Judgement {
  if (figure === undefined) return "unknown";
  if (figure.value > bad) return "bad";
  return figure.value <= good ? "good" : "between";
}

function verdict(
  code: AlertCode,
  subject: string,
  { name, mesh }: { readonly name: string | null; readonly mesh: string | null },
  figure: Figure | undefined,
  limit: number,
  judgement: Judgement,
  cause: string,
): Verdict {
  const known = { value: figure?.value ?? null, figureAgeMs: figure?.ageMs ?? null };
  return {
    code,
    subject,
    node: name,
    mesh,
    ...known,
    limit,
    judgement: figure === undefined ? "unknown" : judgement,
    cause,
  };
}

function listOf(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(", ");
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
