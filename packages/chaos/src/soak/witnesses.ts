/**
 * What the nodes' own directories say, each as it says so, held against what is true. The judge reads it from the probes; it concludes
 * nothing from the supervisor but when it struck.
 *
 * A false death (design): a dead mark set while the accused was running and reachable from the observer for the whole preceding 4 s. Here
 * nothing but a frozen or ended process keeps anybody from anybody, so: neither of the two was frozen or starting in those 4 s.
 *
 * Bounds: one view per node that runs; lives are kept for `LIFE_KEPT_MS` after their end, for accusations that come late.
 */
import type { ProbeHello, SeenChange, SeenMember } from "./probe/protocol.js";

const FALSE_DEATH_MS = 4_000;
const LIFE_KEPT_MS = 120_000;
const MAX_FALSE_DEATHS = 1_000;

/** How long one survivor took to know it; null: it did not within the time allowed. */
export interface Wait {
  readonly observer: string;
  readonly ms: number | null;
}

export interface FalseDeath {
  readonly atMs: number;
  readonly observer: string;
  readonly accused: string;
}

interface Life extends SeenMember {
  readonly name: string;
  readonly startedAtMs: number;
  endedAtMs: number | undefined;
  readonly frozen: { readonly fromMs: number; untilMs: number | undefined }[];
}

interface Observer extends Life {
  readonly mesh: string;
  readonly observesAll: boolean;
  /** By id: the life that its directory lists, and since when. */
  readonly view: Map<string, { readonly life: string; readonly atMs: number }>;
  /** By id: when it last took one off its list. */
  readonly removedAtMs: Map<string, number>;
}

export class Witnesses {
  readonly #observers = new Map<string, Observer>();
  readonly #lives = new Map<string, Life>();
  readonly #listeners = new Set<() => void>();
  readonly #falseDeaths: FalseDeath[] = [];

  get falseDeaths(): readonly FalseDeath[] {
    return this.#falseDeaths;
  }

  joined(hello: ProbeHello, atMs: number): void {
    const { id, life, name, mesh, type, live } = hello;
    const view = new Map(live.map((member) => [member.id, { life: member.life, atMs }]));
    const observer: Observer = {
      ...{ id, life, name, mesh, view, startedAtMs: atMs, endedAtMs: undefined, frozen: [] },
      ...{ observesAll: type === "gateway", removedAtMs: new Map() },
    };
    this.#observers.set(life, observer);
    this.#lives.set(life, observer);
    this.#tell();
  }

  /** Its process was ended at this time. */
  ended(life: string, atMs: number): void {
    this.#observers.delete(life);
    const known = this.#lives.get(life);
    if (known !== undefined) known.endedAtMs = atMs;
    for (const [key, { endedAtMs }] of this.#lives)
      if (endedAtMs !== undefined && atMs - endedAtMs > LIFE_KEPT_MS) this.#lives.delete(key);
    this.#tell();
  }

  frozen(life: string, atMs: number): void {
    this.#lives.get(life)?.frozen.push({ fromMs: atMs, untilMs: undefined });
  }

  thawed(life: string, atMs: number): void {
    const last = this.#lives.get(life)?.frozen.at(-1);
    if (last !== undefined) last.untilMs = atMs;
    this.#tell();
  }

  changed(observerLife: string, change: SeenChange): void {
    const observer = this.#observers.get(observerLife);
    if (observer === undefined) return;
    const { kind, id, life, atMs } = change;
    if (kind === "joined" || kind === "updated") observer.view.set(id, { life, atMs });
    else if (kind === "left" || kind === "dead" || kind === "expired") {
      observer.view.delete(id);
      // One time per identity that it saw go: as many as the run has respawns, and the observer's life bounds it too.
      observer.removedAtMs.set(id, atMs);
      if (kind === "dead" && this.#wasWell(life, atMs) && this.#wasWell(observerLife, atMs))
        if (this.#falseDeaths.length < MAX_FALSE_DEATHS)
          this.#falseDeaths.push({ atMs, observer: observer.name, accused: this.#lives.get(life)?.name ?? id });
    }
    this.#tell();
  }

  /** Nodes that watch this mesh and list this id, and can tell of it. */
  whoLists(id: string): readonly string[] {
    return [...this.#observers.values()]
      .filter((observer) => observer.id !== id && observer.view.has(id) && !isFrozen(observer))
      .map(({ life }) => life);
  }

  /** How long each of these took, from `sinceMs` on, to have nobody of this id on its list. Who is ended or frozen meanwhile is left out. */
  untilGone(observers: readonly string[], id: string, sinceMs: number, timeoutMs: number): Promise<Wait[]> {
    return this.#until(observers, timeoutMs, sinceMs, (observer) =>
      observer.view.has(id) ? undefined : observer.removedAtMs.get(id),
    );
  }

  /** How long everybody who watches the mesh took to list this life. */
  untilListed(member: SeenMember & { readonly mesh: string }, sinceMs: number, timeoutMs: number): Promise<Wait[]> {
    const watching = [...this.#observers.values()].filter(
      (observer) => observer.observesAll || observer.mesh === member.mesh,
    );
    const lives = watching.filter((observer) => !isFrozen(observer)).map(({ life }) => life);
    return this.#until(lives, timeoutMs, sinceMs, (observer) => {
      const seen = observer.view.get(member.id);
      return seen?.life === member.life ? Math.max(seen.atMs, sinceMs) : undefined;
    });
  }

  /** Who lists whom it must not, or lacks whom it must list; empty when all agree with what is true. */
  disagreements(): string[] {
    const wrong: string[] = [];
    const observers = [...this.#observers.values()];
    for (const observer of observers) {
      const must = observers.filter(({ mesh }) => observer.observesAll || mesh === observer.mesh);
      for (const other of must)
        if (observer.view.get(other.id)?.life !== other.life) wrong.push(`${observer.name} lacks ${other.name}`);
      const running = new Set(observers.map(({ id }) => id));
      for (const [id, { life }] of observer.view)
        if (!running.has(id) && this.#lives.get(life)?.endedAtMs !== undefined)
          wrong.push(`${observer.name} lists ${this.#lives.get(life)?.name}, which is gone`);
    }
    return wrong;
  }

  sizes(): Readonly<Record<string, number>> {
    return { observers: this.#observers.size, lives: this.#lives.size, waits: this.#listeners.size };
  }

  #wasWell(life: string, atMs: number): boolean {
    const known = this.#lives.get(life);
    const fromMs = atMs - FALSE_DEATH_MS;
    if (known === undefined || known.startedAtMs > fromMs || (known.endedAtMs ?? atMs) < atMs) return false;
    return known.frozen.every((freeze) => freeze.untilMs !== undefined && freeze.untilMs <= fromMs);
  }

  #until(
    lives: readonly string[],
    timeoutMs: number,
    sinceMs: number,
    whenMs: (observer: Observer) => number | undefined,
  ): Promise<Wait[]> {
    const waits: Wait[] = [];
    const open = new Set(lives);
    return new Promise((resolve) => {
      const look = (late: boolean) => {
        for (const life of open) {
          const observer = this.#observers.get(life);
          const atMs = observer === undefined ? undefined : whenMs(observer);
          if (observer !== undefined && atMs === undefined && !late) continue;
          open.delete(life);
          if (observer === undefined || wasFrozen(observer, sinceMs)) continue;
          waits.push({ observer: observer.name, ms: atMs === undefined ? null : Math.max(0, atMs - sinceMs) });
        }
        if (open.size > 0) return;
        clearTimeout(timer);
        this.#listeners.delete(listener);
        resolve(waits);
      };
      const listener = () => look(false);
      // A soak that is stopped does not stay for it.
      const timer = setTimeout(() => look(true), timeoutMs).unref();
      this.#listeners.add(listener);
      look(false);
    });
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

const wasFrozen = ({ frozen }: Life, sinceMs: number) =>
  frozen.some(({ untilMs }) => untilMs === undefined || untilMs > sinceMs);
const isFrozen = ({ frozen }: Life) => frozen.some(({ untilMs }) => untilMs === undefined);
