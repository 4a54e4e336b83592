/**
 * From verdicts to alerts: what was bad for long enough is raised, what was good for long enough is resolved, and who is responsible may
 * say that it is seen. A figure that becomes unknown leaves an alert open and blank: it is neither better nor worse.
 *
 * Owner: ConsoleModel. Bounds: `MAX_OPEN` alerts that are not resolved (further ones are counted and not raised), as many that wait to be
 * raised as there are verdicts; resolved ones leave after an hour, the oldest first above `MAX_RESOLVED`.
 */
import type { AlertCounts, AlertRuleView, AlertView } from "../api-types.js";
import type { ConsoleClock } from "../clock.js";
import { ConsoleError } from "../errors.js";
import type { EventInput } from "../live/event-log.js";
import { Removals } from "../live/removals.js";
import type { VersionClock } from "../version-clock.js";
import { ALERT_CODES, ALERT_RULES, type AlertCode } from "./catalogue.js";
import type { Verdict } from "./rules.js";

const MAX_OPEN = 256;
const MAX_RESOLVED = 128;
const RESOLVED_KEPT_MS = 3_600_000;

interface Alert {
  readonly id: number;
  verdict: Verdict;
  /** When `verdict` was given: its figure's age is of that moment. */
  judgedMs: number;
  readonly badSinceMs: number;
  readonly raisedMs: number;
  goodSinceMs: number | undefined;
  acknowledgedMs: number | undefined;
  resolved: { readonly atMs: number; readonly why: NonNullable<AlertView["resolution"]> } | undefined;
  version: number;
}

export class AlertBook {
  readonly #versions: VersionClock;
  readonly #clock: ConsoleClock;
  readonly #tell: (event: EventInput) => void;
  /** By code and subject: bad since. */
  #pending = new Map<string, number>();
  /** Not resolved, by code and subject. */
  readonly #active = new Map<string, Alert>();
  #resolved: Alert[] = [];
  /** Of the newest verdicts, by code. */
  #coverage = new Map<AlertCode, { judged: number; unknown: number }>();
  #leftOut = 0;
  #nextId = 1;
  readonly removals: Removals;

  constructor(versions: VersionClock, clock: ConsoleClock, tell: (event: EventInput) => void) {
    this.#versions = versions;
    this.#clock = clock;
    this.#tell = tell;
    this.removals = new Removals(versions);
  }

  get size(): number {
    return this.#active.size + this.#resolved.length;
  }

  get pending(): number {
    return this.#pending.size;
  }

  /** All verdicts of one moment: a subject that is not among them is gone. */
  apply(verdicts: readonly Verdict[]): void {
    const nowMs = this.#clock.nowMs();
    const pending = new Map<string, number>();
    const judged = new Set<string>();
    this.#coverage = new Map(ALERT_CODES.map((code) => [code, { judged: 0, unknown: 0 }]));
    this.#leftOut = 0;
    for (const verdict of verdicts) {
      const key = `${verdict.code}|${verdict.subject}`;
      judged.add(key);
      this.#coverage.get(verdict.code)![verdict.judgement === "unknown" ? "unknown" : "judged"] += 1;
      const alert = this.#active.get(key);
      if (alert !== undefined) this.#follow(key, alert, verdict, nowMs);
      else if (verdict.judgement === "bad") this.#wait(key, verdict, pending, nowMs);
    }
    this.#pending = pending;
    for (const [key, alert] of this.#active) if (!judged.has(key)) this.#resolve(key, alert, "gone", nowMs);
    this.#sweep(nowMs);
  }

  #wait(key: string, verdict: Verdict, pending: Map<string, number>, nowMs: number): void {
    const badSinceMs = this.#pending.get(key) ?? nowMs;
    if (nowMs - badSinceMs < ALERT_RULES[verdict.code].raiseAfterMs) {
      pending.set(key, badSinceMs);
      return;
    }
    if (this.#active.size >= MAX_OPEN) {
      this.#leftOut += 1;
      pending.set(key, badSinceMs);
      return;
    }
    const id = this.#nextId++;
    const times = { judgedMs: nowMs, badSinceMs, raisedMs: nowMs, version: this.#versions.next() };
    const fresh = { goodSinceMs: undefined, acknowledgedMs: undefined, resolved: undefined };
    this.#active.set(key, { id, verdict, ...times, ...fresh });
    this.#event("alert.raised", verdict, ALERT_RULES[verdict.code].severity, verdict.cause);
  }

  #follow(key: string, alert: Alert, verdict: Verdict, nowMs: number): void {
    const { judgement, value, cause } = verdict;
    if (judgement !== "good") alert.goodSinceMs = undefined;
    else alert.goodSinceMs ??= nowMs;
    const { goodSinceMs } = alert;
    if (goodSinceMs !== undefined && nowMs - goodSinceMs >= ALERT_RULES[verdict.code].clearAfterMs) {
      this.#resolve(key, alert, "cleared", nowMs);
      return;
    }
    const before = alert.verdict;
    // The cause is of when it was bad: a good or unknown figure has none of its own.
    alert.verdict = judgement === "bad" ? verdict : { ...verdict, cause: before.cause };
    alert.judgedMs = nowMs;
    if (value !== before.value || judgement !== before.judgement || (judgement === "bad" && cause !== before.cause))
      alert.version = this.#versions.next();
  }

  #resolve(key: string, alert: Alert, why: NonNullable<AlertView["resolution"]>, nowMs: number): void {
    this.#active.delete(key);
    alert.resolved = { atMs: nowMs, why };
    alert.version = this.#versions.next();
    this.#resolved.push(alert);
    this.#event(
      "alert.resolved",
      alert.verdict,
      "info",
      why === "gone" ? "there is no such node any more" : "good again",
    );
  }

  #event(kind: string, { code, node, mesh }: Verdict, severity: EventInput["severity"], what: string): void {
    const subject = node ?? mesh ?? "";
    const message = `${code} ${ALERT_RULES[code].title}${kind === "alert.raised" ? "" : " resolved"}: ${subject}: ${what}`;
    this.#tell({ kind, severity, node, mesh, message });
  }

  #sweep(nowMs: number): void {
    this.#resolved = this.#resolved.filter((alert, index) => {
      const old = nowMs - alert.resolved!.atMs > RESOLVED_KEPT_MS || this.#resolved.length - index > MAX_RESOLVED;
      if (old) this.removals.add(String(alert.id));
      return !old;
    });
  }

  /** Idempotent; one that is resolved meanwhile is told as it is. Throws MESH_E_NO_SUCH_ALERT. */
  acknowledge(id: number): AlertView {
    const alert = this.#all().find((candidate) => candidate.id === id);
    if (alert === undefined) throw new ConsoleError("MESH_E_NO_SUCH_ALERT", String(id));
    if (alert.resolved === undefined && alert.acknowledgedMs === undefined) {
      alert.acknowledgedMs = this.#clock.nowMs();
      alert.version = this.#versions.next();
      this.#event("alert.acknowledged", alert.verdict, "info", "seen");
    }
    return viewOf(alert, this.#clock.nowMs());
  }

  #all(): Alert[] {
    return [...this.#active.values(), ...this.#resolved];
  }

  counts(): AlertCounts {
    let acknowledged = 0;
    for (const { acknowledgedMs } of this.#active.values()) if (acknowledgedMs !== undefined) acknowledged += 1;
    const open = this.#active.size - acknowledged;
    const unknown = [...this.#coverage.values()].reduce((sum, rule) => sum + rule.unknown, 0);
    return { open, acknowledged, resolved: this.#resolved.length, unknown, leftOut: this.#leftOut };
  }

  rules(): AlertRuleView[] {
    const nothing = { judged: 0, unknown: 0 };
    return ALERT_CODES.map((code) => ({ code, ...ALERT_RULES[code], ...(this.#coverage.get(code) ?? nothing) }));
  }

  /** Those that changed after `sinceVersion`; newest first. */
  views(sinceVersion = 0): AlertView[] {
    const nowMs = this.#clock.nowMs();
    return this.#all()
      .filter(({ version }) => version > sinceVersion)
      .sort((a, b) => b.id - a.id)
      .map((alert) => viewOf(alert, nowMs));
  }

  removedSince(version: number): number[] {
    return this.removals.since(version).map(Number);
  }
}

function viewOf(alert: Alert, nowMs: number): AlertView {
  const { id, verdict, resolved, acknowledgedMs, raisedMs, badSinceMs, judgedMs } = alert;
  const { code, node, mesh, value, limit, figureAgeMs, cause } = verdict;
  const { title, severity, meaning, advice, unit } = ALERT_RULES[code];
  const since = (ms: number | undefined) => (ms === undefined ? null : Math.max(0, nowMs - ms));
  return {
    ...{ id, code, title, severity, node, mesh, cause, meaning, advice, unit, value, limit },
    state: resolved !== undefined ? "resolved" : acknowledgedMs !== undefined ? "acknowledged" : "open",
    figureAgeMs: figureAgeMs === null ? null : figureAgeMs + Math.max(0, nowMs - judgedMs),
    badForMs: Math.max(0, nowMs - badSinceMs),
    raisedAgeMs: Math.max(0, nowMs - raisedMs),
    acknowledgedAgeMs: since(acknowledgedMs),
    resolvedAgeMs: since(resolved?.atMs),
    resolution: resolved?.why ?? null,
  };
}
