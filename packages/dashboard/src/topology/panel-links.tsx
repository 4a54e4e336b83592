/** The links of the node that is looked at, and which ends report them. */
import { idPrefix, typeClass } from "../format/names.js";
import { reportText } from "../model/link-kind.js";
import { routeHash } from "../state/route.js";
import type { MapNode, MeshMap } from "./map-model.js";

export function PanelLinks({ looked, map }: { readonly looked: MapNode; readonly map: MeshMap }) {
  const links = map.links.filter(({ link }) => link.a === looked.id || link.b === looked.id);
  return (
    <>
      <h3>
        {links.length} {links.length === 1 ? "link" : "links"}
        {links.length > 0 && (
          <span className="muted">
            {" "}
            · {links.filter(({ report }) => report === "both").length} reported by both ends
          </span>
        )}
      </h3>
      <ul className="panel-links" data-testid="panel-links">
        {links.map(({ link, kind, report }) => {
          const otherId = link.a === looked.id ? link.b : link.a;
          const other = map.nodes.find(({ id }) => id === otherId);
          const name = other?.name ?? idPrefix(otherId);
          return (
            <li key={link.key}>
              <span className={`dot ${typeClass(other?.type ?? "")}`} aria-hidden="true" />
              <a className="mono" href={routeHash("topology", name)}>
                {name}
              </a>
              {kind === "observer" && <span className="badge crossing">in {link.mesh}</span>}
              {report !== "both" && <span className="warn">{reportText(link, looked.id)}</span>}
            </li>
          );
        })}
      </ul>
    </>
  );
}
