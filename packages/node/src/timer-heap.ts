/**
 * One wake-up for many timers. The gossip machines emit timers as data; this keeps them in a binary heap and holds a single
 * `setTimeout` for the earliest. Owner: GossipDriver. Entries leave when they fire, or all at once on `clear`.
 */
export class TimerHeap<T> {
  readonly #fire: (timer: T) => void;
  readonly #now: () => number;
  #heap: { atMs: number; order: number; timer: T }[] = [];
  #order = 0;
  #handle: NodeJS.Timeout | undefined;
  #armedForMs = Number.POSITIVE_INFINITY;

  constructor(now: () => number, fire: (timer: T) => void) {
    this.#now = now;
    this.#fire = fire;
  }

  get size(): number {
    return this.#heap.length;
  }

  schedule(afterMs: number, timer: T): void {
    this.#push({ atMs: this.#now() + Math.max(0, afterMs), order: this.#order++, timer });
    this.#arm();
  }

  clear(): void {
    this.#heap = [];
    clearTimeout(this.#handle);
    this.#handle = undefined;
    this.#armedForMs = Number.POSITIVE_INFINITY;
  }

  #arm(): void {
    const next = this.#heap[0];
    if (next === undefined || next.atMs >= this.#armedForMs) return;
    clearTimeout(this.#handle);
    this.#armedForMs = next.atMs;
    this.#handle = setTimeout(() => this.#run(), Math.max(0, next.atMs - this.#now()));
  }

  #run(): void {
    this.#handle = undefined;
    this.#armedForMs = Number.POSITIVE_INFINITY;
    const now = this.#now() + 0.5;
    const due: T[] = [];
    while (this.#heap[0] !== undefined && this.#heap[0].atMs <= now) due.push(this.#pop());
    for (const timer of due) this.#fire(timer);
    this.#arm();
  }

  #push(entry: { atMs: number; order: number; timer: T }): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(heap[index]!, heap[parent]!)) break;
      [heap[index], heap[parent]] = [heap[parent]!, heap[index]!];
      index = parent;
    }
  }

  #pop(): T {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      let index = 0;
      for (;;) {
        const left = 2 * index + 1;
        let least = index;
        if (left < heap.length && before(heap[left]!, heap[least]!)) least = left;
        if (left + 1 < heap.length && before(heap[left + 1]!, heap[least]!)) least = left + 1;
        if (least === index) break;
        [heap[index], heap[least]] = [heap[least]!, heap[index]!];
        index = least;
      }
    }
    return top.timer;
  }
}

function before(a: { atMs: number; order: number }, b: { atMs: number; order: number }): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
