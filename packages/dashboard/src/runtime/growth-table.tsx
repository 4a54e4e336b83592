/** Collections that grew since the page began to look; suspected leaks stand out. */
import { Empty } from "../parts/empty.js";
import { NodeName } from "../parts/node-name.js";
import type { Growth } from "./growth.js";
import { changeText, sizeText } from "./size-text.js";
import { Sparkline } from "./sparkline.js";

const SHOWN = 30;

export function GrowthTable({ growths }: { readonly growths: readonly Growth[] }) {
  if (growths.length === 0) return <Empty title="Nothing has grown since this page began to look" />;
  return (
    <div className="table-frame scroll">
      <table data-testid="runtime-growth">
        <thead>
          <tr>
            <th>Node</th>
            <th>Collection</th>
            <th className="num">At first</th>
            <th className="num">Now</th>
            <th className="num">Change</th>
            <th>Course</th>
            <th />
          </tr>
        </thead>
        <tbody>
          {growths.slice(0, SHOWN).map(({ row, collection, trend, course }) => (
            <tr key={`${row.view.key} ${collection}`} className={course === "leak" ? "is-leak" : undefined}>
              <th scope="row">
                <NodeName name={row.view.name ?? row.view.key} />
              </th>
              <td className="mono">{collection}</td>
              <td className="num">{sizeText(collection, trend.first.value)}</td>
              <td className="num">{sizeText(collection, trend.value)}</td>
              <td className="num">{changeText(collection, trend.change)}</td>
              <td>
                <Sparkline trend={trend} course={course} />
              </td>
              <td>{course === "leak" && <span className="badge bad">only grows: a leak?</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
