/**
 * The machine's addresses change under a node: another Wi-Fi, a lease that ran out. A node that listens on all of them (a wildcard) tells
 * the new ones; one that listens on a certain address has nothing else to tell, and is not watched. No event tells of it, so it is looked
 * for: 0.14 ms a look (200 calls of os.networkInterfaces on the two-core machine), 0.00005 core.
 * Owner: the node; ended by the returned function.
 */
const LOOK_INTERVAL_MS = 3_000;

export function watchAddresses(
  bound: readonly string[],
  advertised: () => readonly string[],
  changed: () => void,
  intervalMs = LOOK_INTERVAL_MS,
): () => void {
  if (!bound.some((socket) => socket.startsWith("0.0.0.0:") || socket.startsWith("[::]:"))) return () => {};
  let before = advertised().join();
  const timer = setInterval(() => {
    const now = advertised().join();
    if (now === before) return;
    before = now;
    changed();
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
