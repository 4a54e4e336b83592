/** A node's name as a link to its place on the map. */
import { routeHash } from "../state/route.js";

export function NodeName({ name }: { readonly name: string }) {
  return (
    <a className="mono name" href={routeHash("topology", name)} title="show on the map">
      {name}
    </a>
  );
}
