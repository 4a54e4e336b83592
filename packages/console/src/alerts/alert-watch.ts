/**
 * Judges every 2 s, whether or not somebody looks: collects the facts, applies the rules, hands the verdicts to the book. Owner:
 * startConsole; ends with `close`.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { ConsoleModel } from "../model.js";
import { FactsCollector, type ReportSource } from "./facts-collector.js";
import { judge } from "./rules.js";

const JUDGE_MS = 2_000;
/** The loop's delay is seen twice a second without a wake-up of JavaScript. */
const LOOP_RESOLUTION_MS = 500;

export class AlertWatch {
  readonly #model: ConsoleModel;
  readonly #facts: FactsCollector;
  readonly #loop: IntervalHistogram;
  readonly #timer: NodeJS.Timeout;

  constructor(model: ConsoleModel, reports: ReportSource, judgeMs = JUDGE_MS) {
    this.#model = model;
    this.#facts = new FactsCollector(model, reports);
    this.#loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
    this.#loop.enable();
    this.#timer = setInterval(() => this.#judge(), judgeMs);
    this.#timer.unref();
  }

  #judge(): void {
    this.#model.live.sync();
    const loopDelayMs = this.#loop.count === 0 ? 0 : Math.max(0, this.#loop.max / 1e6 - LOOP_RESOLUTION_MS);
    this.#loop.reset();
    this.#model.alerts.apply(judge(this.#facts.collect(loopDelayMs)));
  }

  close(): void {
    clearInterval(this.#timer);
    this.#loop.disable();
  }
}
