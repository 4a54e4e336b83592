/** What a link is: between members of its mesh or with an observer's end, and which ends report it. */
import type { LinkView } from "@meshwork/console/api-types";

/** `member`: both ends are members of the mesh whose topic it carries. `observer`: at least one end only observes that mesh. */
export type LinkKind = "member" | "observer";
/** `both` ends have the other in their active view; `one` where the other end says no; `unheard` where it has not said anything. */
export type LinkReport = "both" | "one" | "unheard";

export function linkKind(link: LinkView, meshOf: (id: string) => string | undefined): LinkKind {
  const home = (id: string) => meshOf(id) ?? link.mesh;
  return home(link.a) === link.mesh && home(link.b) === link.mesh ? "member" : "observer";
}

export function linkReport(link: LinkView): LinkReport {
  if (link.aReports === true && link.bReports === true) return "both";
  return link.aReports === null || link.bReports === null ? "unheard" : "one";
}

/** In words, as seen from the end `id`. */
export function reportText(link: LinkView, id: string): string {
  const [own, other] = id === link.a ? [link.aReports, link.bReports] : [link.bReports, link.aReports];
  if (own === true && other === true) return "both ends report it";
  if (own === true)
    return other === null ? "this end reports it; the other has not been heard" : "only this end reports it";
  return own === null ? "the other end reports it; this one has not been heard" : "only the other end reports it";
}

/** Links of each end, by id. */
export function linksByEnd(links: Iterable<LinkView>): ReadonlyMap<string, readonly LinkView[]> {
  const byEnd = new Map<string, LinkView[]>();
  for (const link of links)
    for (const id of [link.a, link.b]) {
      const held = byEnd.get(id);
      if (held === undefined) byEnd.set(id, [link]);
      else held.push(link);
    }
  return byEnd;
}
