/**
 * One reported link. Solid where both ends report it. Where one end does, the line is solid from that end to the middle and dotted from
 * there: the other half is what the other end does not say. An observer's is in another colour.
 */
import { memo } from "react";
import { idPrefix } from "../format/names.js";
import type { DrawnLink } from "./card-layout.js";

const WORDS = {
  both: "both ends report it",
  one: "only one end reports it",
  unheard: "one end reports it, the other has not been heard",
} as const;

export const LinkLine = memo(function LinkLine({ drawn, lit }: { readonly drawn: DrawnLink; readonly lit: boolean }) {
  const { link, kind, report, oneEnd, path } = drawn;
  const ends = `${link.aName ?? idPrefix(link.a)} – ${link.bName ?? idPrefix(link.b)}`;
  const className = `link ${kind} ${report === "both" ? "both" : "one"}${lit ? " lit" : ""}`;
  return (
    <g data-testid="link" data-key={link.key} data-kind={kind} data-report={report}>
      <title>{`${ends}, in ${link.mesh}: ${WORDS[report]}`}</title>
      <path className={className} d={path} />
      {oneEnd !== null && (
        <path
          className={`${className} reporting`}
          d={path}
          pathLength={100}
          strokeDasharray="50 100"
          strokeDashoffset={oneEnd === "a" ? 0 : -50}
        />
      )}
    </g>
  );
}, same);

/** The map is made afresh with each message; most links are where they were. */
function same(a: { drawn: DrawnLink; lit: boolean }, b: { drawn: DrawnLink; lit: boolean }): boolean {
  return (
    a.lit === b.lit &&
    a.drawn.link === b.drawn.link &&
    a.drawn.path === b.drawn.path &&
    a.drawn.kind === b.drawn.kind &&
    a.drawn.report === b.drawn.report
  );
}
