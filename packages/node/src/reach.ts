/** Whether a peer can be reached: connects where there is no connection, and pings until an answer or the end of the budget. */
import type { Transport } from "@meshwork/transport";

const PING_TIMEOUT_MS = 900;
const PAUSE_MS = 300;

/** How long ago a byte of the peer came, or undefined where none came within the budget. Never rejects. */
export async function reach(
  transport: Pick<Transport, "connect" | "probe" | "lastHeardMs">,
  peerId: string,
  budgetMs: number,
  now: () => number,
): Promise<number | undefined> {
  const startMs = now();
  const leftMs = () => startMs + budgetMs - now();
  while (leftMs() > 0) {
    try {
      await transport.connect(peerId, { timeoutMs: leftMs() });
      await transport.probe(peerId, Math.max(1, Math.min(PING_TIMEOUT_MS, leftMs())));
    } catch {
      // What matters is below: any byte since the start, be it the pong or not.
    }
    const heardMs = transport.lastHeardMs(peerId);
    if (heardMs !== undefined && heardMs > startMs) return Math.max(0, now() - heardMs);
    await pause(Math.min(PAUSE_MS, leftMs()));
  }
  return undefined;
}

function pause(afterMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, afterMs)).unref());
}
