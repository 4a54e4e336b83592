/**
 * Failure detector of one topic: SWIM's probes over the links that gossip keeps anyway, with Lifeguard's care for the
 * observer's own health. A pure machine: what was heard and the time go in; probes to send, suspicions, obituaries to issue and the
 * time of the next tick come out. All events change state alone; `#evaluate` decides.
 *
 * 1. A link is watched from NeighborUp to Disconnect; a lost connection or an eviction does not end a suspicion, only life, death or
 *    leaving does. The smaller id probes once a second, and half a second later again where nothing came since; any byte counts as life.
 * 2. Silence of 1.5 s, looked at once a second: suspected; a direct and three indirect probes at once and every 400 ms. A byte of it
 *    on a connection of ours refutes it.
 * 3. Silence of 3.7 s on every path, three rounds at least, and a fresh witness (or too few to have one): condemned; the
 *    obituary is issued 0–900 ms later, unless life or another's obituary comes first. Life on any path within 3.7 s forbids it.
 * 4. Time-outs do not depend on the mesh's size, and confirmations never shorten them; local ill health lengthens them.
 * 5. A tick more than 250 ms late, or `resumed`, restarts all clocks, drops all suspicions, and nobody is accused for one window.
 * 6. A peer that is alive on other paths now (within 1.5 s) and silent on ours for the whole time-out loses the link, not its life. One
 *    that somebody heard merely a little later than we did may be dead: who heard it last need not watch it, and if all who do left
 *    it to others, nobody would accuse. So we go on; who heard it last of all, as far as we know, issues first.
 *    A peer that has begun another life loses the link, too, where our link was with the former.
 * 7. A link that one end alone holds for 5 s is repaired, after 10 s dropped.
 * 8. An observer drops silent links and accuses nobody.
 *
 * Bounds: 64 links. Owner: the node, one per topic. The shell verifies witnesses' signatures before handing them in.
 */
import type { Accusation } from "../wire/obituary.js";
import type { IndirectReply } from "../wire/probe.js";
import type { DetectorDecision, DetectorEvent, DetectorOutput } from "./detector-events.js";
import { declaredNeighbors, type MemberView, pickHelpers } from "./helpers.js";
import { LinkWatch } from "./link-watch.js";
import { LocalHealth } from "./local-health.js";
import { isPlausible, LIFE_SIGN_MS, mayAccuseAlone } from "./obituary-rules.js";
import { DEAD_AFTER_MS, MIN_ROUNDS, nextRoundInMs, Suspicion, silenceDeadlines } from "./suspicion.js";
import { compareVersions } from "./version-order.js";

export const PROBE_INTERVAL_MS = 1_000;
/**
 * A probe without a byte since is repeated once. Else each lost datagram is a suspicion with questions to three helpers: at 10 % loss
 * 1.3 a minute of each node, half of all events of the mesh (docs/simulation.md).
 */
export const REPEAT_AFTER_MS = 500;
export const INDIRECT_PROBES = 3;
/** How long a helper may take: two rounds and a bit, so that an answer is still fresh when it counts. */
export const INDIRECT_BUDGET_MS = 1_000;
/**
 * Watchers of one node tell each other when it was last heard and so notice its death at the same moment; the wait lets the first
 * obituary silence the rest. Each has its turn by the order of the ids that the accused named as its neighbours, with others a turn by
 * lot: by lot for all, one death in a few hundred had four floods where a third of 100 nodes died at once (docs/decisions/0011).
 */
const TURNS = 5;
export const TURN_MS = 140;
const TURN_SPREAD_MS = 40;
export const MAX_ISSUE_WAIT_MS = (TURNS - 1) * TURN_MS + TURN_SPREAD_MS;
/** Of those who know of somebody that heard it later. */
export const BEHIND_WAIT_MS = 300;
/** An active view of 5, twice over, and what evictions leave behind; strangers that probe take no more. */
export const MAX_LINKS = 64;
/** Ticks are no closer than this: deadlines within it are handled together. */
const MIN_TICK_MS = 20;

export interface DetectorOptions {
  readonly members: MemberView;
  readonly role: "member" | "observer";
  /** 0 to 1. */
  readonly random: () => number;
  /** Shared with audit and witness desk of the node. */
  readonly health?: LocalHealth | undefined;
  /** When a byte of the peer's last came over a connection of ours, asked before each decision; else `heard` alone tells. */
  readonly lastHeardMs?: ((peer: string) => number | undefined) | undefined;
}

export class Detector {
  readonly health: LocalHealth;
  readonly #members: MemberView;
  readonly #role: "member" | "observer";
  readonly #random: () => number;
  readonly #lastHeardMs: (peer: string) => number | undefined;
  readonly #links = new Map<string, LinkWatch>();
  #outputs: DetectorOutput[] = [];
  #nextProbesAtMs = Number.POSITIVE_INFINITY;
  #probedAtMs = Number.NEGATIVE_INFINITY;
  #repeatAtMs = Number.POSITIVE_INFINITY;
  #nextAtMs = Number.POSITIVE_INFINITY;

  constructor(options: DetectorOptions) {
    this.#members = options.members;
    this.#role = options.role;
    this.#random = options.random;
    this.#lastHeardMs = options.lastHeardMs ?? (() => undefined);
    this.health = options.health ?? new LocalHealth();
  }

  get size(): number {
    return this.#links.size;
  }

  /** Peers under watch, so that the shell can hand in what its transport has heard of them before a tick. */
  watched(): readonly string[] {
    return [...this.#links.keys()];
  }

  isWatched(peer: string): boolean {
    return this.#links.get(peer)?.up === true;
  }

  /** How long ago a watched peer was heard on a connection of ours. */
  heardAgoMs(peer: string, nowMs: number): number | undefined {
    const link = this.#links.get(peer);
    return link === undefined ? undefined : Math.max(0, nowMs - link.heardAtMs);
  }

  handle(event: DetectorEvent, nowMs: number): DetectorDecision {
    if (event.kind === "resumed") this.#restart(nowMs, Number.POSITIVE_INFINITY);
    else if (this.health.isLate(this.#nextAtMs, nowMs)) this.#restart(nowMs, nowMs - this.#nextAtMs);
    this.#note(event, nowMs);
    // Between ticks what happens to one link changes nothing for the others: asking for all of them each time was a fifth of a simulation.
    const subject = nowMs >= this.#nextAtMs ? undefined : subjectOf(event);
    this.#evaluate(subject, nowMs);
    this.#nextAtMs =
      this.#links.size === 0 ? Number.POSITIVE_INFINITY : Math.max(this.#dueAtMs(nowMs), nowMs + MIN_TICK_MS);
    const outputs = this.#outputs;
    this.#outputs = [];
    return { outputs, nextAtMs: this.#nextAtMs };
  }

  #note(event: DetectorEvent, nowMs: number): void {
    switch (event.kind) {
      case "neighbor-up":
        this.#neighborUp(event.peer, nowMs);
        break;
      case "neighbor-down": {
        const link = this.#links.get(event.peer);
        if (link === undefined) break;
        link.up = false;
        if (!link.lost && link.suspicion === undefined) this.#links.delete(event.peer);
        break;
      }
      case "probed": {
        const link = this.#links.get(event.peer) ?? this.#watch(event.peer, false, nowMs);
        link?.heard(nowMs, nowMs);
        link?.probed(nowMs);
        break;
      }
      case "heard":
        this.#links.get(event.peer)?.heard(event.atMs ?? nowMs, nowMs);
        break;
      case "peer-lost": {
        const link = this.#links.get(event.peer);
        if (link?.up === true || link?.suspicion !== undefined) link.lost = true;
        else this.#links.delete(event.peer);
        break;
      }
      case "indirect-result":
        this.#indirectResult(event.target, event.helper, event.reply, nowMs);
        break;
      case "published":
        this.#published(event.peer, event.agoMs, event.anew, nowMs);
        break;
      case "gone":
        this.#links.delete(event.peer);
        break;
      case "accused":
        this.health.accused(nowMs);
        break;
      case "resumed":
      case "tick":
        break;
      default:
        event satisfies never;
    }
  }

  #neighborUp(peer: string, nowMs: number): void {
    const link = this.#links.get(peer) ?? this.#watch(peer, true, nowMs);
    if (link === undefined) return;
    link.neighborUp(nowMs);
    link.heard(nowMs, nowMs);
    // At once, so that the other end hears that the link is one.
    if (this.#probes(peer)) this.#outputs.push({ kind: "send-probe", peer, dial: false });
  }

  /** Undefined where there are too many; a neighbour then takes the place of a stranger. */
  #watch(peer: string, up: boolean, nowMs: number): LinkWatch | undefined {
    if (peer === this.#members.self) return undefined;
    if (this.#links.size >= MAX_LINKS) {
      const stranger = up
        ? [...this.#links.values()].find((link) => !link.up && link.suspicion === undefined)
        : undefined;
      if (stranger === undefined) return undefined;
      this.#links.delete(stranger.peer);
    }
    const link = new LinkWatch(peer, up, nowMs);
    this.#links.set(peer, link);
    if (!Number.isFinite(this.#nextProbesAtMs)) this.#nextProbesAtMs = nowMs + PROBE_INTERVAL_MS;
    return link;
  }

  #indirectResult(target: string, helper: string, reply: IndirectReply, nowMs: number): void {
    const link = this.#links.get(target);
    if (link === undefined || helper === target || helper === this.#members.self) return;
    if (reply.outcome === "reached") {
      link.reachedIndirectly(nowMs - Math.max(0, reply.heardAgoMs));
      link.suspicion?.forgetWitnesses();
    } else if (reply.outcome === "unreached") {
      link.suspicion?.unreachedBy(helper, reply, nowMs);
    }
  }

  /** A sign of life by way of the mesh. Of another life it means that our link was with the former. */
  #published(peer: string, agoMs: number, anew: boolean, nowMs: number): void {
    const link = this.#links.get(peer);
    if (link === undefined) return;
    link.reachedIndirectly(nowMs - agoMs);
    link.suspicion?.forgetWitnesses();
    if (!anew || nowMs - link.heardAtMs < LIFE_SIGN_MS) return;
    if (link.suspicion !== undefined) this.#outputs.push({ kind: "refuted", peer, why: "reached" });
    this.#drop(link, "silent");
  }

  #restart(nowMs: number, lateMs: number): void {
    this.health.late(nowMs, DEAD_AFTER_MS, lateMs);
    for (const link of this.#links.values()) {
      link.restart(nowMs);
      if (link.suspicion === undefined) continue;
      link.suspicion = undefined;
      this.#outputs.push({ kind: "refuted", peer: link.peer, why: "own-lateness" });
    }
    if (Number.isFinite(this.#nextProbesAtMs)) this.#nextProbesAtMs = nowMs;
  }

  /** The single decision function: what the state of each link, or of the one to `subject`, asks for now. */
  #evaluate(subject: string | undefined, nowMs: number): void {
    const round = nowMs >= this.#nextProbesAtMs;
    const probe = round || nowMs >= this.#repeatAtMs;
    if (round) {
      this.#nextProbesAtMs = nowMs + PROBE_INTERVAL_MS;
      this.#probedAtMs = nowMs;
    }
    if (probe) this.#repeatAtMs = round ? nowMs + REPEAT_AFTER_MS : Number.POSITIVE_INFINITY;
    if (subject === undefined) {
      for (const link of this.#links.values()) this.#judge(link, round, probe, nowMs);
    } else {
      const link = this.#links.get(subject);
      if (link !== undefined) this.#judge(link, round, probe, nowMs);
    }
    if (this.#links.size > 0) return;
    this.#nextProbesAtMs = Number.POSITIVE_INFINITY;
    this.#repeatAtMs = Number.POSITIVE_INFINITY;
  }

  #judge(link: LinkWatch, round: boolean, probe: boolean, nowMs: number): void {
    const heardMs = this.#lastHeardMs(link.peer);
    if (heardMs !== undefined) link.heard(heardMs, nowMs);
    if (link.isOver(nowMs)) {
      this.#links.delete(link.peer);
      return;
    }
    const factor = this.health.factor(nowMs);
    const isDue = round || (probe && link.heardAtMs < this.#probedAtMs);
    if (link.suspicion === undefined) this.#judgeHealthy(link, factor, isDue, nowMs);
    if (link.suspicion !== undefined) this.#judgeSuspected(link, link.suspicion, factor, nowMs);
  }

  #judgeHealthy(link: LinkWatch, factor: number, probe: boolean, nowMs: number): void {
    const { peer } = link;
    if (link.up || link.lost) {
      const silentMs = nowMs - link.heardAtMs;
      if (nowMs >= silenceDeadlines(link.heardAtMs, factor).suspectAtMs) {
        link.suspicion = new Suspicion(link.heardAtMs, nowMs);
        this.#outputs.push({ kind: "suspected", peer, silentMs });
        return;
      }
      if (probe && link.up && this.#probes(peer)) this.#outputs.push({ kind: "send-probe", peer, dial: link.lost });
    }
    const oneSided = link.takeOneSided(!this.#probes(peer), nowMs);
    if (oneSided?.due === "repair") this.#outputs.push({ kind: "repair-link", peer, missing: oneSided.missing });
    if (oneSided?.due === "drop") this.#drop(link, "one-sided");
  }

  #judgeSuspected(link: LinkWatch, suspicion: Suspicion, factor: number, nowMs: number): void {
    const { peer } = link;
    if (link.heardAtMs > suspicion.silentSinceMs && nowMs < silenceDeadlines(link.heardAtMs, factor).suspectAtMs) {
      link.suspicion = undefined;
      this.#outputs.push({ kind: "refuted", peer, why: "heard" });
      if (link.isOver(nowMs)) this.#links.delete(peer);
      return;
    }
    const direct = silenceDeadlines(link.heardAtMs, factor);
    const any = silenceDeadlines(link.lifeAtMs, factor);
    if (nowMs >= suspicion.nextRoundAtMs) this.#round(link, suspicion, nowMs - any.deadAtMs, nowMs);
    if (nowMs < any.deadAtMs) {
      suspicion.issueAtMs = undefined;
      if (nowMs < direct.deadAtMs || nowMs - link.lifeAtMs > LIFE_SIGN_MS * factor) return;
      // Others reach it: the link is broken, not the peer.
      this.#outputs.push({ kind: "refuted", peer, why: "reached" });
      this.#drop(link, "silent");
      return;
    }
    if (this.#role === "observer") {
      this.#outputs.push({ kind: "refuted", peer, why: "unwatched" });
      this.#drop(link, "silent");
      return;
    }
    this.#condemn(link, suspicion, nowMs);
  }

  /** Silent on every path for the whole time-out. */
  #condemn(link: LinkWatch, suspicion: Suspicion, nowMs: number): void {
    const held = this.#members.versionOf(link.peer);
    if (held === undefined) {
      // No member: there is nobody to declare dead.
      this.#drop(link, "silent");
      return;
    }
    if (!this.health.mayAccuse(nowMs) || suspicion.rounds < MIN_ROUNDS) return;
    const witness = suspicion.witness(nowMs, (seen) => isPlausible(seen, held) && compareVersions(seen, held) >= 0);
    if (witness === undefined && !mayAccuseAlone(this.#members.unsuspectedBeside(link.peer))) {
      suspicion.issueAtMs = undefined;
      return;
    }
    const behindMs = link.lifeAtMs > link.heardAtMs ? BEHIND_WAIT_MS : 0;
    suspicion.issueAtMs ??= nowMs + behindMs + this.#turnMs(link.peer);
    if (nowMs < suspicion.issueAtMs) return;
    const { generation, sequence } = witness ?? held;
    this.#outputs.push({
      kind: "issue-obituary",
      accusation: { mesh: this.#members.mesh, accused: link.peer, generation, sequence },
      witness: witness === undefined ? undefined : { id: witness.id, signature: witness.signature },
      tell: declaredNeighbors(this.#members, link.peer),
    });
    this.#links.delete(link.peer);
  }

  #turnMs(peer: string): number {
    const { self } = this.#members;
    const isDeclared = this.#members.get(peer)?.record.neighbors.includes(self) === true;
    const before = declaredNeighbors(this.#members, peer).filter((id) => id < self).length;
    const turn = isDeclared ? Math.min(before, TURNS - 1) : Math.floor(this.#random() * TURNS);
    return turn * TURN_MS + this.#random() * TURN_SPREAD_MS;
  }

  #round(link: LinkWatch, suspicion: Suspicion, pastDeadlineMs: number, nowMs: number): void {
    const { peer } = link;
    suspicion.rounds++;
    suspicion.nextRoundAtMs = nowMs + nextRoundInMs(pastDeadlineMs);
    this.#outputs.push({ kind: "send-probe", peer, dial: link.lost });
    const held = this.#members.versionOf(peer);
    if (held === undefined || this.#role === "observer") return;
    const pick = (exclude: (id: string) => boolean) =>
      pickHelpers(this.#members, peer, INDIRECT_PROBES, this.#random, exclude);
    const fresh = pick((id) => suspicion.wasAsked(id));
    const helpers = fresh.length > 0 ? fresh : pick(() => false);
    suspicion.asked(fresh);
    const accusation: Accusation = {
      mesh: this.#members.mesh,
      accused: peer,
      generation: held.generation,
      sequence: held.sequence,
    };
    for (const helper of helpers) {
      this.#outputs.push({ kind: "ask-indirect", helper, accusation, budgetMs: INDIRECT_BUDGET_MS });
    }
  }

  #drop(link: LinkWatch, reason: "one-sided" | "silent"): void {
    link.suspicion = undefined;
    this.#links.delete(link.peer);
    this.#outputs.push({ kind: "drop-link", peer: link.peer, reason });
  }

  /** The smaller id probes. */
  #probes(peer: string): boolean {
    return this.#members.self < peer;
  }

  #dueAtMs(nowMs: number): number {
    const factor = this.health.factor(nowMs);
    let dueAtMs = Math.min(this.#nextProbesAtMs, this.#repeatAtMs);
    for (const link of this.#links.values()) {
      const { suspicion } = link;
      // Healthy links are looked at with the probes: a wake-up of its own for each would cost more than the probes do.
      if (suspicion === undefined) continue;
      const { deadAtMs } = silenceDeadlines(link.lifeAtMs, factor);
      const judgedAtMs = suspicion.issueAtMs ?? Math.max(deadAtMs, this.health.mutedUntilMs);
      dueAtMs = Math.min(dueAtMs, suspicion.nextRoundAtMs);
      if (judgedAtMs > nowMs) dueAtMs = Math.min(dueAtMs, judgedAtMs);
    }
    return dueAtMs;
  }
}

/** Whose link alone the event is about; undefined where it is about all. */
function subjectOf(event: DetectorEvent): string | undefined {
  switch (event.kind) {
    case "indirect-result":
      return event.target;
    case "accused":
    case "resumed":
    case "tick":
      return undefined;
    default:
      return event.peer;
  }
}
