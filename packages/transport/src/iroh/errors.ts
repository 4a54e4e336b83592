/**
 * From the binding's messages to `LinkError`. The binding throws plain `Error`s that only their text tells apart, and with
 * RUST_BACKTRACE set that text changes: the first line is a source location and a stack follows. So: cut the stack off, then
 * look for loose fragments, the most specific first. Fragments are of iroh 1.0.2 / noq 1.0.1.
 */
import type { LinkCloseReason, LinkErrorCode } from "../link.js";
import { LinkError } from "../link.js";

function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const stack = text.indexOf("Stack backtrace");
  return stack < 0 ? text : text.slice(0, stack);
}

const CONNECT_FRAGMENTS: readonly (readonly [RegExp, LinkErrorCode])[] = [
  [/error 120|known protocol|NoApplicationProtocol/i, "refused-alpn"],
  [/UnknownIssuer|peer certificate/i, "wrong-id"],
  [/Endpoint is closed|LocallyClosed/i, "closed"],
  [/timed ?out/i, "timeout"],
];

export function connectError(error: unknown): LinkError {
  const text = textOf(error);
  for (const [fragment, code] of CONNECT_FRAGMENTS) {
    if (fragment.test(text)) return new LinkError(code, lastLine(text), { cause: error });
  }
  return new LinkError("unreachable", lastLine(text), { cause: error });
}

export function streamError(error: unknown): LinkError {
  const text = textOf(error);
  const reset = /Reset\((\d+)\)/.exec(text);
  if (reset !== null) {
    return new LinkError("reset", "the peer reset the stream", { cause: error, streamCode: Number(reset[1]) });
  }
  const stopped = /Stopped\((\d+)\)/.exec(text);
  if (stopped !== null) {
    return new LinkError("stopped", "the peer stopped reading", { cause: error, streamCode: Number(stopped[1]) });
  }
  if (/TooLarge/.test(text)) return new LinkError("too-large", "does not fit", { cause: error });
  return new LinkError("closed", lastLine(text), { cause: error });
}

/** The innermost cause stands on the last line that is not empty; source locations are of no use to a reader. */
function lastLine(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return (lines.at(-1) ?? "unknown failure").replace(/\s*\(\/[^)]*:\d+:\d+\)/g, "").trim();
}

/**
 * `closed()` and its forms: "closed by peer: <reason> (code <n>)", "closed by peer: <n>" where the reason is empty,
 * "closed", "timed out". A reason may itself contain "(code 9)", hence the last one counts.
 */
export function parseCloseReason(text: string, local: { code: number; reason: string } | undefined): LinkCloseReason {
  if (local !== undefined) return { by: "local", ...local };
  const byPeer = /^closed by peer: ([\s\S]*)$/.exec(textOf(text));
  if (byPeer !== null) {
    const rest = byPeer[1] as string;
    const withReason = /^([\s\S]*) \(code (\d+)\)$/.exec(rest);
    if (withReason !== null) return { by: "peer", code: Number(withReason[2]), reason: withReason[1] as string };
    if (/^\d+$/.test(rest)) return { by: "peer", code: Number(rest), reason: "" };
    return { by: "peer", code: -1, reason: rest };
  }
  if (/^timed ?out/i.test(text)) return { by: "timeout", code: -1, reason: "" };
  return { by: "lost", code: -1, reason: lastLine(text) };
}
