/**
 * Waits for one node to come up: settles on ready, on the child's own failure, on its exit, or when the time is over,
 * whichever is first. Owner: the run of that node (NodeProcess, InlineNode); ends when it settles.
 */
import type { ChildMessage } from "./child-protocol.js";
import { SupervisorError } from "./errors.js";
import type { NodeSpec, ReadyInfo } from "./types.js";

export class BootWait {
  readonly ready: Promise<ReadyInfo>;
  readonly #resolve: (info: ReadyInfo) => void;
  readonly #reject: (error: SupervisorError) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #spec: NodeSpec;
  readonly #onStep: (step: string) => void;
  #lastStep: string | undefined;

  constructor(options: { spec: NodeSpec; timeoutMs: number; onStep: (step: string) => void }) {
    let resolve: (info: ReadyInfo) => void = () => {};
    let reject: (error: SupervisorError) => void = () => {};
    this.ready = new Promise<ReadyInfo>((onReady, onError) => {
      resolve = onReady;
      reject = onError;
    });
    // The owner awaits it; a boot that is aborted before that must not end the launcher.
    this.ready.catch(() => {});
    this.#resolve = resolve;
    this.#reject = reject;
    this.#spec = options.spec;
    this.#onStep = options.onStep;
    this.#timer = setTimeout(() => {
      const where = this.#lastStep === undefined ? "before its first boot step" : `last boot step: ${this.#lastStep}`;
      this.fail(new SupervisorError("MESH_E_BOOT_TIMEOUT", `not ready after ${options.timeoutMs} ms, ${where}`));
    }, options.timeoutMs);
  }

  onMessage(message: ChildMessage, pid: number | undefined): void {
    if (message.kind === "step") {
      this.#lastStep = message.step;
      this.#onStep(message.step);
    } else if (message.kind === "ready") {
      const { id, name, mesh, type, addresses, seed, bootMs, bootTraceId } = message;
      if (mesh !== this.#spec.mesh || type !== this.#spec.type || message.pid !== pid) {
        this.fail(new SupervisorError("MESH_E_SPAWN_FAILED", `it came up as ${name}, process ${message.pid}`));
        return;
      }
      clearTimeout(this.#timer);
      this.#resolve({ id, name, mesh, type, addresses, seed, bootMs, bootTraceId, pid: message.pid });
    } else if (message.kind === "failed") {
      const { code, message: text, hint, step } = message;
      const detail = `${code}: ${text}${step === undefined ? "" : ` (in ${step})`}`;
      this.fail(new SupervisorError("MESH_E_SPAWN_FAILED", detail, { child: { code, message: text, hint, step } }));
    }
  }

  /** No effect once it has settled. */
  fail(error: SupervisorError): void {
    clearTimeout(this.#timer);
    this.#reject(error);
  }
}
