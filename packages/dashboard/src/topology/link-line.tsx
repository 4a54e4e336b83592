/** One reported link. Solid where both ends report it, dashed and thin where not; an observer's in another colour. */
import { memo } from "react";
import { idPrefix } from "../format/names.js";
import type { DrawnLink } from "./map-model.js";

const WORDS = {
  both: "both ends report it",
  one: "only one end reports it",
  unheard: "one end reports it, the other has not been heard",
} as const;

export const LinkLine = memo(function LinkLine({ drawn, lit }: { readonly drawn: DrawnLink; readonly lit: boolean }) {
  const { link, kind, report, path } = drawn;
  const ends = `${link.aName ?? idPrefix(link.a)} – ${link.bName ?? idPrefix(link.b)}`;
  return (
    <path
      className={`link ${kind} ${report === "both" ? "both" : "one"}${lit ? " lit" : ""}`}
      d={path}
      data-testid="link"
      data-key={link.key}
      data-kind={kind}
      data-report={report}
    >
      <title>{`${ends}, in ${link.mesh}: ${WORDS[report]}`}</title>
    </path>
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
