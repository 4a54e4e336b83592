/**
 * The boot trace: root `mesh.node.ready`, one child per step, each timing exactly that step.
 *
 * A step still open after `stalledAfterMs` ends with the error `stalled`, its root with it, and both are sent at once, so that
 * the trace of a node that hangs shows how far it got. The work is not interrupted. From that moment on two further spans time
 * what is left: the same step and the same root again, both with `mesh.boot.late`, as children of the root; they end when the
 * step and the boot really do, or never appear. Nothing is made up afterwards.
 *
 * States: open → (stalled →) over. Owner: the node's boot; over with `ready`, with `fail` or with a step that throws.
 */
import {
  type Attributes,
  type Context,
  context,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { markFailed } from "./create.js";
import type { Telemetry } from "./types.js";
import { ATTR, SPAN } from "./vocabulary.js";

/** From the design: a boot step open for longer is reported as stalled. */
export const BOOT_STALLED_AFTER_MS = 5_000;
const FLUSH_TIMEOUT_MS = 2_000;
const STALLED = "stalled";

export interface BootTraceOptions {
  readonly telemetry: Pick<Telemetry, "startSpan" | "flush">;
  /** On the root and every step. */
  readonly attributes?: Attributes;
  readonly stalledAfterMs?: number;
  /** Told once per stalled step, for the node's log. */
  readonly onStalled?: (step: string) => void;
  /** Runs `run` after `delayMs` unless the returned function is called. The default holds the process until then. */
  readonly setTimer?: (run: () => void, delayMs: number) => () => void;
}

/** What the work of a step may say about itself while it runs. */
export interface BootStep {
  setAttributes(attributes: Attributes): void;
  /** For a step whose name is known only when it is done: `identity_loaded` or `identity_minted`. */
  rename(name: string): void;
}

export class BootTrace {
  readonly #options: BootTraceOptions;
  readonly #root: Span;
  readonly #context: Context;
  /** Attributes of root and steps; grows by `setAttributes`. */
  #attributes: Attributes;
  #lateRoot: Span | undefined;
  #over = false;

  /** Starts the root span. */
  constructor(options: BootTraceOptions) {
    this.#options = options;
    this.#attributes = { ...options.attributes };
    this.#root = options.telemetry.startSpan(
      SPAN.nodeReady,
      { root: true, attributes: this.#attributes },
      ROOT_CONTEXT,
    );
    this.#context = trace.setSpan(ROOT_CONTEXT, this.#root);
  }

  get traceId(): string {
    return this.#root.spanContext().traceId;
  }

  /** Adds to the root and to the steps that follow, as they become known (name, id, address). */
  setAttributes(attributes: Attributes): void {
    this.#attributes = { ...this.#attributes, ...attributes };
    this.#rootNow.setAttributes(attributes);
  }

  /**
   * Runs `work` inside a child span of the boot, which is active for it.
   * @throws what `work` throws; the step and the root are marked with it, sent, and the boot is over.
   */
  async step<T>(name: string, attributes: Attributes, work: (step: BootStep) => Promise<T> | T): Promise<T> {
    if (this.#over) throw new Error(`boot step ${name} after the boot was over`);
    let stepName = name;
    let stepAttributes: Attributes = { ...this.#attributes, ...attributes };
    const start = (late: boolean) =>
      this.#options.telemetry.startSpan(
        stepName,
        { attributes: late ? { ...stepAttributes, [ATTR.bootLate]: true } : stepAttributes },
        this.#context,
      );
    let span = start(false);
    const cancel = (this.#options.setTimer ?? setTimer)(() => {
      endStalled(span);
      this.#stall(stepName);
      span = start(true);
    }, this.#options.stalledAfterMs ?? BOOT_STALLED_AFTER_MS);
    const step: BootStep = {
      setAttributes: (more) => {
        stepAttributes = { ...stepAttributes, ...more };
        span.setAttributes(more);
      },
      rename: (newName) => {
        stepName = newName;
        span.updateName(newName);
      },
    };
    try {
      const result = await context.with(trace.setSpan(this.#context, span), work, undefined, step);
      span.end();
      return result;
    } catch (error) {
      markFailed(span, error);
      span.end();
      this.#fail(error, stepName);
      throw error;
    } finally {
      cancel();
    }
  }

  /** The node is ready: ends the root. */
  ready(): void {
    if (this.#over) return;
    this.#over = true;
    this.#rootNow.end();
  }

  /** The boot failed between two steps, or was abandoned: ends the root with the error and sends the trace. */
  fail(error: unknown): void {
    this.#fail(error, undefined);
  }

  get #rootNow(): Span {
    return this.#lateRoot ?? this.#root;
  }

  #stall(stepName: string): void {
    this.#options.onStalled?.(stepName);
    if (this.#over || this.#lateRoot) {
      this.#send();
      return;
    }
    this.#root.setAttribute(ATTR.bootStalledStep, stepName);
    endStalled(this.#root);
    this.#send();
    const attributes = { ...this.#attributes, [ATTR.bootLate]: true };
    this.#lateRoot = this.#options.telemetry.startSpan(SPAN.nodeReady, { attributes }, this.#context);
  }

  #fail(error: unknown, stepName: string | undefined): void {
    if (this.#over) return;
    this.#over = true;
    const root = this.#rootNow;
    if (stepName !== undefined) root.setAttribute(ATTR.bootFailedStep, stepName);
    markFailed(root, error);
    root.end();
    this.#send();
  }

  /** Not awaited: the boot goes on, or its error is thrown, without waiting for a collector. */
  #send(): void {
    void this.#options.telemetry.flush(FLUSH_TIMEOUT_MS);
  }
}

function endStalled(span: Span): void {
  span.setAttribute(ATTR.bootStalled, true);
  span.setStatus({ code: SpanStatusCode.ERROR, message: STALLED });
  span.end();
}

function setTimer(run: () => void, delayMs: number): () => void {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
}
