/** Close codes and their tokens, both ways: what travels as a reason and what the counters are keyed by. */
import type { LinkCloseReason } from "./link.js";
import { CloseCode } from "./types.js";

export type CloseToken = keyof typeof CloseCode;

const TOKEN_BY_CODE = new Map<number, CloseToken>(
  (Object.entries(CloseCode) as [CloseToken, number][]).map(([token, code]) => [code, token]),
);

/** The token of one of our codes; `peer` for codes that are not ours. */
export function closeToken(code: number): CloseToken | "peer" {
  return TOKEN_BY_CODE.get(code) ?? "peer";
}

/** Bounded set of reasons: our tokens, `timeout`, `lost`, and `peer` for whatever a peer of another make says. */
export function reasonToken(reason: LinkCloseReason): string {
  if (reason.by === "timeout" || reason.by === "lost") return reason.by;
  const token = closeToken(reason.code);
  // A foreign close also comes with code 0 but with words of its own.
  return reason.by === "local" || reason.reason === token ? token : "peer";
}
