/**
 * What is wrong with all links of single hosts: slower, lossy, or letting nobody in who was not called. Comes on top of what is true
 * of all paths (paths.ts).
 *
 * Owner: Paths. Set and lifted by the scenario; one entry a host at the most.
 */
export interface HostTrouble {
  /** Each way. */
  readonly delayMs?: number;
  /** Share of what is sent, each way. */
  readonly loss?: number;
  /** Whoever it has not called itself cannot call it; what is connected stays. */
  readonly walled?: boolean;
}

export class HostLinks {
  readonly #troubles = new Map<number, HostTrouble>();

  get size(): number {
    return this.#troubles.size;
  }

  set(host: number, trouble: HostTrouble): void {
    this.#troubles.set(host, trouble);
  }

  clear(host: number): void {
    this.#troubles.delete(host);
  }

  delayMs(a: number, b: number): number {
    if (this.#troubles.size === 0) return 0;
    return (this.#troubles.get(a)?.delayMs ?? 0) + (this.#troubles.get(b)?.delayMs ?? 0);
  }

  /** That a packet which got through all else is lost to one of them. */
  loss(a: number, b: number): number {
    if (this.#troubles.size === 0) return 0;
    return 1 - (1 - (this.#troubles.get(a)?.loss ?? 0)) * (1 - (this.#troubles.get(b)?.loss ?? 0));
  }

  isWalled(host: number): boolean {
    return this.#troubles.get(host)?.walled === true;
  }
}
