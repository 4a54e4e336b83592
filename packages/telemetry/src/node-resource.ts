/**
 * The resource of a node: what all its spans and metrics say about who made them.
 *
 * Name and id are known only when the identity is loaded, and the boot trace must be exported even when that step hangs.
 * OpenTelemetry's own async resource waits without end and, once settled, never changes; this one ends the wait at the first
 * of: identity known, `release()` (flush and shutdown), `waitMs`. Attributes that come later are there from then on.
 * Owner: createTelemetry, one per node. The wait's timer is unref'd and cleared when the wait ends.
 */
import type { Attributes } from "@opentelemetry/api";
import { type Resource, resourceFromAttributes } from "@opentelemetry/resources";

type LateAttributes = Readonly<Record<string, string | Promise<string | undefined>>>;

export class NodeResource implements Resource {
  #attributes: Attributes;
  #waiting = false;
  #endWait: () => void = () => {};
  readonly #waited: Promise<void>;

  constructor(known: Attributes, late: LateAttributes, waitMs: number) {
    this.#attributes = known;
    const pending: Promise<void>[] = [];
    for (const [key, value] of Object.entries(late)) {
      if (typeof value === "string") this.#add(key, value);
      else
        pending.push(
          value.then(
            (text) => this.#add(key, text),
            () => {}, // the boot step that loads the identity reports its own failure
          ),
        );
    }
    if (pending.length === 0) {
      this.#waited = Promise.resolve();
      return;
    }
    this.#waiting = true;
    this.#waited = new Promise((resolve) => {
      const timer = setTimeout(() => this.#endWait(), waitMs);
      timer.unref();
      this.#endWait = () => {
        clearTimeout(timer);
        this.#waiting = false;
        resolve();
      };
    });
    void Promise.all(pending).then(() => this.#endWait());
  }

  #add(key: string, value: string | undefined): void {
    if (value !== undefined) this.#attributes = { ...this.#attributes, [key]: value };
  }

  get attributes(): Attributes {
    return this.#attributes;
  }

  get asyncAttributesPending(): boolean {
    return this.#waiting;
  }

  waitForAsyncAttributes(): Promise<void> {
    return this.#waited;
  }

  /** Exports no longer wait for the identity. */
  release(): void {
    this.#endWait();
  }

  merge(other: Resource | null): Resource {
    return resourceFromAttributes({ ...this.#attributes, ...other?.attributes });
  }

  getRawAttributes(): [string, Attributes[string]][] {
    return Object.entries(this.#attributes);
  }
}
