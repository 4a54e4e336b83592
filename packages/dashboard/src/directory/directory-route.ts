/** Whose directory is shown, and with whose it is compared, in the address: `#/directory/<name>/<name>`; `-` is the console's own. */
import { routeHash } from "../state/route.js";

const OWN = "-";

export interface DirectoryChoice {
  /** Null is the console's own. */
  readonly as: string | null;
  /** Null compares with nobody. */
  readonly with: string | null;
}

export function directoryChoice(item: string | null, own: string): DirectoryChoice {
  const [as = "", other = ""] = (item ?? "").split("/");
  const named = (part: string) => (part === "" || part === OWN || part === own ? null : part);
  return { as: named(as), with: other === "" ? null : other === OWN ? own : other };
}

export function directoryHash(choice: DirectoryChoice): string {
  const parts = [choice.as, choice.with];
  if (choice.with === null) return routeHash("directory", choice.as);
  return routeHash("directory", parts.map((part) => part ?? OWN).join("/"));
}
