/**
 * One soak: warm up, read the baseline, then faults, churn and traffic as the plan has them, then quiet, and see what has not returned. It
 * judges nothing: what it found is in the state, and the report (report.ts) is made from that alone.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { SoakCluster } from "./cluster.js";
import { DEATH_BOUND_MS, killAndSee, LEARN_TIMEOUT_MS, lateOnes, type SoakFault } from "./faults.js";
import { MessageLedger } from "./messages/ledger.js";
import { Population, type Standing } from "./population.js";
import { ProbeClient } from "./probe/probe-client.js";
import { awaitReturn, readBaseline } from "./quiet.js";
import { seededRandom } from "./random.js";
import { SAMPLE_MS, type SampledProcess, Sampler } from "./sampler.js";
import { makeSchedule, type SoakEvent } from "./schedule.js";
import type { SoakState } from "./state.js";
import { type Wait, Witnesses } from "./witnesses.js";

export interface SoakOptions {
  readonly state: SoakState;
  readonly cluster: SoakCluster;
  readonly faults: readonly SoakFault[];
  /** Called each minute, to be written down. */
  readonly checkpoint: (state: SoakState) => void;
  readonly progress: (text: string) => void;
  /** Ends it before its time: what was found until then stays in the state. */
  readonly signal: AbortSignal;
}

const TRAFFIC_INTERVAL_MS = 1_000;
const WARM_UP_MS = 20_000;
const LEDGER_MS = 15_000;
const CHECKPOINT_MS = 60_000;
const MAX_NOTED = 200;

export async function runSoak(options: SoakOptions): Promise<void> {
  await new Soak(options).run();
}

class Soak {
  readonly #options: SoakOptions;
  readonly #state: SoakState;
  readonly #witnesses = new Witnesses();
  readonly #ledger: MessageLedger;
  readonly #population: Population;
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  #others: SampledProcess[] = [];
  #traffic = false;
  /** Samples and readings of the books: at most one of each. */
  readonly #underWay = new Set<Promise<unknown>>();
  /** False deaths that are in the state already. */
  #noted = 0;

  constructor(options: SoakOptions) {
    this.#options = options;
    this.#state = options.state;
    this.#ledger = new MessageLedger(options.state.messages);
    this.#signal = AbortSignal.any([options.signal, this.#abort.signal]);
    this.#population = new Population(options.cluster, this.#witnesses, {
      joined: (standing) => this.#equip(standing),
      lost: ({ name }) => this.#noteEnd(`${name} ended by itself`),
    });
  }

  async run(): Promise<void> {
    const { cluster } = this.#options;
    void cluster.ended.then((reason) => this.#clusterEnded(reason));
    try {
      await this.#enterAll();
      await this.#switchTraffic(true);
      await sleep(WARM_UP_MS, undefined, { signal: this.#signal });
      await this.#switchTraffic(false);
      this.#options.progress("reading the baseline: nothing is asked of anybody for 75 s");
      const baseline = await readBaseline(this.#quietReader());
      await this.#plantLeak();
      await this.#switchTraffic(true);
      await this.#active();
      await this.#switchTraffic(false);
      await this.#readLedger();
      this.#options.progress("quiet: waiting until all has returned to the baseline");
      this.#state.quiet = await awaitReturn(this.#quietReader(), baseline);
      this.#noteDisagreements();
      this.#state.status = "finished";
    } catch (error) {
      if (!this.#signal.aborted) throw error;
      this.#state.status = "stopped";
    } finally {
      this.#note();
      this.#population.leaveAll();
      for (const { probe } of this.#others) probe.close();
    }
  }

  async #enterAll(): Promise<void> {
    const { cluster } = this.#options;
    const free = [...cluster.nodes];
    for (const place of this.#state.places) {
      const at = free.findIndex(({ mesh, type }) => mesh === place.mesh && type === place.type);
      const node = free.splice(at, 1)[0];
      if (at < 0 || node === undefined) throw new Error(`the cluster has no ${place.mesh}.${place.type} to spare`);
      await this.#population.enter(place, node);
    }
    for (const [kind, pid] of [
      ["console", cluster.consolePid],
      ["launcher", cluster.launcherPid],
    ] as const) {
      const probe = await ProbeClient.connect(cluster.launcherPid, pid);
      this.#others.push({ key: kind, label: kind, kind, pid, probe, steady: true });
    }
  }

  /** Of a node that came: the soak's traffic, where that is on. */
  async #equip({ probe }: Standing): Promise<void> {
    await probe.call("traffic", {
      intervalMs: this.#traffic ? TRAFFIC_INTERVAL_MS : null,
      seed: this.#state.plan.seed,
    });
  }

  async #switchTraffic(on: boolean): Promise<void> {
    this.#traffic = on;
    await Promise.all(this.#population.all().map((standing) => this.#equip(standing)));
  }

  async #plantLeak(): Promise<void> {
    const planted = this.#state.plantedLeak;
    if (planted === null) return;
    await this.#population.at(planted.place)?.probe.call("leak", { bytesPerHour: planted.bytesPerHour });
  }

  /** The time of the plan: events as they fall due, samples and books at their intervals. */
  async #active(): Promise<void> {
    const state = this.#state;
    const fromMs = state.elapsedMs;
    const startedAtMs = performance.now();
    const elapsed = () => fromMs + performance.now() - startedAtMs;
    const sampler = new Sampler(
      state,
      () => this.#processes(),
      () => this.#options.cluster.consoleSizes(),
    );
    const events = makeSchedule(state.plan, state.places).filter(({ atMs }) => atMs >= fromMs);
    // Neither waits for one who is frozen: events must fall when they are due.
    const sample = this.#oneAtATime(async () => {
      await sampler.sample(elapsed());
      state.consumers = sampler.consumers();
    });
    const ledger = this.#oneAtATime(async () => {
      await this.#readLedger();
      this.#tellProgress();
    });
    let samples = 0;
    let ledgers = 1;
    let checkpoints = 1;
    while (elapsed() < state.plan.durationMs) {
      const now = elapsed();
      state.elapsedMs = now;
      for (let next = events[0]; next !== undefined && next.atMs <= now; next = events[0]) {
        events.shift();
        this.#begin(next);
      }
      if (now >= fromMs + samples * SAMPLE_MS) {
        samples += 1;
        sample();
      }
      if (now >= fromMs + ledgers * LEDGER_MS) {
        ledgers += 1;
        ledger();
      }
      if (now >= fromMs + checkpoints * CHECKPOINT_MS) {
        checkpoints += 1;
        this.#note();
        this.#options.checkpoint(state);
      }
      await sleep(Math.max(10, Math.min(250, (events[0]?.atMs ?? now + 250) - elapsed())), undefined, {
        signal: this.#signal,
      });
    }
    state.elapsedMs = state.plan.durationMs;
    await this.#population.idle();
    await Promise.allSettled(this.#underWay);
  }

  /** Does nothing while the one before is under way. */
  #oneAtATime(work: () => Promise<void>): () => void {
    let busy = false;
    return () => {
      if (busy) return;
      busy = true;
      const done = work()
        .catch((error: Error) => this.#signal.aborted || this.#noteEnd(`the judge: ${error.message}`))
        .finally(() => {
          busy = false;
          this.#underWay.delete(done);
        });
      this.#underWay.add(done);
    };
  }

  #begin(event: SoakEvent): void {
    void this.#population
      .inTurn(event.place, () => (event.kind === "fault" ? this.#fault(event) : this.#respawn(event)))
      .catch((error: Error) => {
        if (this.#signal.aborted) return;
        this.#noteEnd(`${event.kind} at place ${event.place}: ${error.message}`);
      });
  }

  async #fault(event: SoakEvent & { kind: "fault" }): Promise<void> {
    const { atMs, place } = event;
    const target = this.#population.at(place);
    const fault = this.#options.faults.find(({ name }) => name === event.fault);
    const record = { atMs, fault: event.fault, place, target: target?.name ?? "", deathWaitsMs: [], returnWaitsMs: [] };
    if (target === undefined || fault === undefined) {
      const detail = target === undefined ? "nobody stands there" : "this machine has no such fault";
      this.#state.faults.push({ ...record, passed: false, skipped: fault === undefined, detail });
      return;
    }
    const { cluster } = this.#options;
    const random = seededRandom(event.seed, event.fault);
    try {
      const strike = { target, cluster, population: this.#population, witnesses: this.#witnesses, random };
      const { passed, detail, deathWaits = [], returnWaits = [] } = await fault.strike(strike);
      const waits = { deathWaitsMs: deathWaits.map(msOf), returnWaitsMs: returnWaits.map(msOf) };
      this.#state.faults.push({ ...record, ...waits, passed, skipped: false, detail });
      this.#options.progress(`${passed ? "passed" : "FAILED"} ${event.fault} of ${target.name}: ${detail}`);
    } catch (error) {
      if (this.#signal.aborted) return;
      this.#state.faults.push({ ...record, passed: false, skipped: false, detail: (error as Error).message });
      await this.#fill(place);
    }
  }

  async #respawn(event: SoakEvent & { kind: "churn" }): Promise<void> {
    const target = this.#population.at(event.place);
    if (target === undefined) return this.#fill(event.place);
    const { atMs, how } = event;
    const { cluster } = this.#options;
    let waits: readonly Wait[];
    if (how === "kill") {
      const strike = { target, cluster, population: this.#population, witnesses: this.#witnesses, random: () => 0 };
      waits = await killAndSee(strike);
      await cluster.remove(target.name);
    } else {
      const observers = this.#witnesses.whoLists(target.id);
      const sinceMs = Date.now();
      this.#population.release(target);
      await cluster.remove(target.name);
      this.#population.leave(target, Date.now());
      waits = await this.#witnesses.untilGone(observers, target.id, sinceMs, LEARN_TIMEOUT_MS);
    }
    const node = await cluster.spawn(target.mesh, target.type);
    const successor = await this.#population.enter(target.place, node);
    const listed = await this.#witnesses.untilListed(successor, Date.now(), LEARN_TIMEOUT_MS);
    const unaware = listed.filter(({ ms }) => ms === null).map(({ observer }) => observer);
    const late = lateOnes(waits, DEATH_BOUND_MS);
    const detail = [
      ...(late.length === 0 ? [] : [`gone late: ${late.join(", ")}`]),
      ...(unaware.length === 0 ? [] : [`${successor.name} is not known to ${unaware.join(", ")}`]),
    ].join("; ");
    if (detail !== "") this.#options.progress(`FAILED ${how} of ${target.name}: ${detail}`);
    const record = { atMs, how, target: target.name, successor: successor.name, detail, waitsMs: waits.map(msOf) };
    this.#state.respawns.push(record);
  }

  /** A place that a failed fault left empty. */
  async #fill(index: number): Promise<void> {
    const place = this.#state.places[index];
    if (place === undefined || this.#population.at(index) !== undefined) return;
    await this.#population.enter(place, await this.#options.cluster.spawn(place.mesh, place.type));
  }

  /** Senders first, then receivers: what was acknowledged by then must be in their books. */
  async #readLedger(): Promise<void> {
    const standing = this.#population.all();
    const running = new Set(standing.map(({ life }) => life));
    for (const life of this.#ledger.lives()) if (!running.has(life)) this.#ledger.ended(life);
    const each = (work: (standing: Standing) => Promise<void>) =>
      // Who is frozen keeps its book until it is asked again.
      Promise.all(standing.map((one) => work(one).catch(() => {})));
    this.#ledger.beginRound();
    await each(async ({ life, probe }) => this.#ledger.sent(life, await probe.call("sent", {})));
    await each(async ({ life, probe }) => this.#ledger.received(life, await probe.call("received", { forget: [] })));
    const forget = this.#ledger.settle();
    if (forget.length > 0)
      await each(async ({ life, probe }) => this.#ledger.received(life, await probe.call("received", { forget })));
  }

  #processes(): SampledProcess[] {
    const nodes = this.#population.all().map(({ name, pid, probe, place }) => ({
      ...{ key: `node ${place.index}`, label: name, kind: "node" as const },
      ...{ pid, probe, steady: !place.mortal },
    }));
    return [...nodes, ...this.#others];
  }

  #quietReader() {
    return {
      processes: () => this.#processes(),
      consoleSizes: () => this.#options.cluster.consoleSizes(),
      signal: this.#signal,
    };
  }

  #noteDisagreements(): void {
    this.#state.disagreements.push(...this.#witnesses.disagreements().slice(0, MAX_NOTED));
  }

  #note(): void {
    const state = this.#state;
    state.messages = this.#ledger.totals();
    state.lostMessages = this.#ledger.lostOnes();
    state.falseDeaths.push(...this.#witnesses.falseDeaths.slice(this.#noted));
    this.#noted = this.#witnesses.falseDeaths.length;
  }

  #clusterEnded(reason: string): void {
    if (this.#signal.aborted || this.#state.status !== "running") return;
    this.#noteEnd(reason);
    this.#abort.abort();
  }

  #noteEnd(text: string): void {
    if (this.#state.unexpectedEnds.length < MAX_NOTED) this.#state.unexpectedEnds.push(text);
  }

  #tellProgress(): void {
    const { elapsedMs, plan, faults, respawns } = this.#state;
    const { acknowledged, lost, doubled } = this.#ledger.totals();
    const failed = faults.filter(({ passed, skipped }) => !passed && !skipped).length;
    this.#options.progress(
      `${(elapsedMs / 60_000).toFixed(1)} of ${(plan.durationMs / 60_000).toFixed(0)} min: ` +
        `${faults.length} faults (${failed} failed), ${respawns.length} respawns, ` +
        `${acknowledged} messages acknowledged, ${lost} lost, ${doubled} doubled, ` +
        `${this.#witnesses.falseDeaths.length} false deaths`,
    );
  }
}

const msOf = ({ ms }: Wait) => ms;
