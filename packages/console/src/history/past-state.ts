/**
 * Members and links at one moment, and what changes them. Owner: History; as large as the tables of the live state at that moment.
 */
import type { HistoryState, LinkView, NodeView } from "../api-types.js";

type Member = Pick<NodeView, "key" | "id" | "name" | "mesh" | "type" | "state"> & { readonly sinceMs: number };
type Link = Pick<LinkView, "key" | "mesh" | "a" | "b" | "aReports" | "bReports">;

export type Change =
  | { readonly kind: "member"; readonly member: Member }
  | { readonly kind: "member-gone"; readonly key: string }
  | { readonly kind: "link"; readonly link: Link }
  | { readonly kind: "link-gone"; readonly key: string }
  | { readonly kind: "watched"; readonly on: boolean; readonly atMs: number };

export class PastState {
  readonly #members = new Map<string, Member>();
  readonly #links = new Map<string, Link>();
  #watched = false;
  /** When nobody looked any more; undefined where nobody has looked yet. */
  #unwatchedSinceMs: number | undefined;

  get memberCount(): number {
    return this.#members.size;
  }

  member(key: string): Member | undefined {
    return this.#members.get(key);
  }

  memberKeys(): readonly string[] {
    return [...this.#members.keys()];
  }

  link(key: string): Link | undefined {
    return this.#links.get(key);
  }

  setMember(member: Member): void {
    this.#members.set(member.key, member);
  }

  setLink(link: Link): void {
    this.#links.set(link.key, link);
  }

  apply(change: Change): void {
    switch (change.kind) {
      case "member":
        this.setMember(change.member);
        return;
      case "member-gone":
        this.#members.delete(change.key);
        return;
      case "link":
        this.setLink(change.link);
        return;
      case "link-gone":
        this.#links.delete(change.key);
        return;
      case "watched":
        this.#watched = change.on;
        this.#unwatchedSinceMs = change.on ? undefined : change.atMs;
        return;
    }
  }

  copy(): PastState {
    const copy = new PastState();
    for (const member of this.#members.values()) copy.setMember(member);
    for (const link of this.#links.values()) copy.setLink(link);
    copy.#watched = this.#watched;
    copy.#unwatchedSinceMs = this.#unwatchedSinceMs;
    return copy;
  }

  /** As of `atMs`. */
  view(atMs: number): Pick<HistoryState, "members" | "links" | "linksAgeMs"> {
    const unwatchedSinceMs = this.#unwatchedSinceMs;
    const stale = unwatchedSinceMs === undefined ? null : Math.max(0, atMs - unwatchedSinceMs);
    return {
      members: [...this.#members.values()].map(({ sinceMs, ...member }) => ({
        ...member,
        stateAgeMs: Math.max(0, atMs - sinceMs),
      })),
      links: [...this.#links.values()],
      linksAgeMs: this.#watched ? 0 : stale,
    };
  }
}
