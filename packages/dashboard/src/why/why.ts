/**
 * Why A is not seeing B, from what is known: the two directories as their owners tell them, the link between, the processes, and what
 * was told of B last. A pure reading; each finding names its source, and what could not be asked is said.
 */
import type { DirectoryLine, DirectoryView, EventView, LinkView, NodeView } from "@meshwork/console/api-types";
import { ageText } from "../format/ages.js";

export interface WhyFacts {
  readonly a: NodeView;
  readonly b: NodeView;
  /** Null where it did not answer; `…Failure` says how it failed then. */
  readonly ofA: DirectoryView | null;
  readonly ofB: DirectoryView | null;
  readonly failureOfA: string | null;
  readonly failureOfB: string | null;
  readonly links: readonly LinkView[];
  /** Newest first. */
  readonly events: readonly EventView[];
}

export interface Finding {
  readonly tone: "good" | "warn" | "bad" | "plain";
  readonly text: string;
}

export interface Why {
  readonly verdict: Finding;
  readonly findings: readonly Finding[];
}

export function whyOf(facts: WhyFacts): Why {
  const { a, b, ofA, failureOfA } = facts;
  const line = lineOf(ofA, b);
  const findings = [
    directoryFinding(a, b, ofA, failureOfA),
    directoryFinding(b, a, facts.ofB, facts.failureOfB),
    linkFinding(facts),
    ...processFindings(a),
    ...processFindings(b),
    ...lastEvents(facts),
  ];
  return { verdict: verdictOf(facts, line), findings };
}

function verdictOf({ a, b, ofA, failureOfA }: WhyFacts, line: DirectoryLine | undefined): Finding {
  const [nameA, nameB] = [nameOf(a), nameOf(b)];
  if (ofA === null)
    return { tone: "warn", text: `${nameA} cannot be asked${failureOfA === null ? "" : `: ${failureOfA}`}` };
  if (line?.state === "alive") return { tone: "good", text: `${nameA} sees ${nameB}` };
  if (line?.state === "suspected")
    return { tone: "warn", text: `${nameA} sees ${nameB}, and suspects it: it has not heard it for a while` };
  if (line !== undefined) {
    const by = line.accusedBy.length === 0 ? "" : ` by ${line.accusedBy.join(" and ")}`;
    const how =
      line.state === "left" ? "said goodbye" : line.state === "dead" ? `was declared dead${by}` : `is ${line.state}`;
    const since = line.stateAgeMs === null ? "" : ` ${ageText(line.stateAgeMs)} ago`;
    return { tone: "bad", text: `${nameA} does not see ${nameB}: ${nameB} ${how}${since}` };
  }
  if (a.mesh !== b.mesh && !observes(a, b.mesh))
    return {
      tone: "plain",
      text: `${nameA} does not see ${nameB}, and is not meant to: it is in ${a.mesh} and does not observe ${b.mesh}`,
    };
  if (!b.live) return { tone: "bad", text: `${nameA} does not see ${nameB}: it is ${b.state} for the console too` };
  return {
    tone: "bad",
    text: `${nameA} has never heard of ${nameB}, or has forgotten it: no record of it reached ${nameA}`,
  };
}

/** A topic that it reports a view of is one that it takes part in. */
function observes({ activeViews }: NodeView, mesh: string): boolean {
  return activeViews !== null && mesh in activeViews;
}

function directoryFinding(who: NodeView, whom: NodeView, view: DirectoryView | null, failure: string | null): Finding {
  const [name, other] = [nameOf(who), nameOf(whom)];
  if (view === null)
    return { tone: "warn", text: `${name}'s directory: no answer${failure === null ? "" : ` (${failure})`}` };
  const line = lineOf(view, whom);
  if (line === undefined)
    return {
      tone: "bad",
      text: `${name}'s directory: ${other} is not in it, among ${view.entries.length} live members`,
    };
  const since = line.stateAgeMs === null || line.state === "alive" ? "" : ` for ${ageText(line.stateAgeMs)}`;
  const tone = line.state === "alive" ? "good" : line.state === "suspected" ? "warn" : "bad";
  const by = line.accusedBy.length === 0 ? "" : `, by ${line.accusedBy.join(" and ")}`;
  return {
    tone,
    text: `${name}'s directory: ${other} is ${line.state}${since}${by}; record ${ageText(line.ageMs)} old, at ${line.location ?? "no known address"}`,
  };
}

function linkFinding({ a, b, links }: WhyFacts): Finding {
  const between = links.filter((link) => (link.a === a.id && link.b === b.id) || (link.a === b.id && link.b === a.id));
  if (between.length === 0)
    return {
      tone: "plain",
      text: "no link between them: neither has the other in its active view. That alone is usual: views are small, and records pass from hand to hand",
    };
  const told = between.map((link) => {
    const [ofA, ofB] = link.a === a.id ? [link.aReports, link.bReports] : [link.bReports, link.aReports];
    if (ofA === true && ofB === true) return `in ${link.mesh}, reported by both`;
    return `in ${link.mesh}, reported by ${ofA === true ? nameOf(a) : nameOf(b)} alone`;
  });
  const whole = between.every((link) => link.aReports === true && link.bReports === true);
  return { tone: whole ? "good" : "warn", text: `a link between them: ${told.join("; ")}` };
}

function processFindings(node: NodeView): Finding[] {
  const state = node.process?.state;
  if (state === "frozen")
    return [{ tone: "bad", text: `${nameOf(node)}'s process is frozen: it hears and says nothing until it is thawed` }];
  if (state === "exited" || (node.process?.supervised === true && node.process.pid === null && !node.live))
    return [{ tone: "bad", text: `${nameOf(node)}'s process has ended` }];
  return [];
}

/** The newest suspicion and the newest end that were told of either. */
function lastEvents({ a, b, events }: WhyFacts): Finding[] {
  return [b, a].flatMap((node) => {
    const own = events.filter((event) => event.node !== null && event.node === node.name);
    const last = (kinds: readonly string[]) => own.find(({ kind }) => kinds.includes(kind));
    return [last(["node.suspected"]), last(["node.dead", "node.left", "node.expired"])]
      .filter((event) => event !== undefined)
      .map((event): Finding => ({ tone: "warn", text: `${ageText(event.ageMs)} ago: ${event.message}` }));
  });
}

function lineOf(view: DirectoryView | null, { id }: NodeView): DirectoryLine | undefined {
  return view?.entries.find((line) => line.id === id) ?? view?.departed.find((line) => line.id === id);
}

function nameOf({ name, key }: NodeView): string {
  return name ?? key;
}
