/** The keys, and what the marks on the map mean. */
import { Modal } from "../parts/modal.js";

const KEYS = [
  ["/", "search and filter; Enter goes to the first that fits"],
  ["← ↑ ↓ →", "from node to node on the map; Enter keeps the node"],
  ["+ − 0", "nearer, further away, all of it (map of many nodes); Shift with an arrow moves it"],
  ["Tab", "through views, nodes and buttons"],
  ["Esc", "closes a dialog"],
  ["?", "this list"],
] as const;

export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Modal title="Keys and marks" onClose={onClose} testId="help">
      <dl className="help-list">
        {KEYS.map(([key, text]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <h3>On the map</h3>
      <ul className="help-marks">
        <li>
          A colour is a type. The ring tells the state; where observers disagree, it is parted among what they say.
        </li>
        <li>A solid line is a link that both ends have in their active view. A half line: one end alone reports it.</li>
        <li>A dashed line is messages between meshes, with how many a minute.</li>
        <li>
          <b>hub</b> has many more links than the usual node, <b>leaf</b> hangs by one.
        </li>
        <li>Figures greyed out are old: their age stands beside them. A dash is unknown, never zero.</li>
      </ul>
      <p className="muted">
        The address holds view, node, filter and order: a copy of it shows another reader the same. The token is not in
        it.
      </p>
    </Modal>
  );
}
