/** A type in its colour: a dot and the word, so that colour is not all that tells. */
import { typeClass } from "../format/names.js";

export function TypeMark({ type }: { readonly type: string }) {
  return (
    <span className={`type-mark ${typeClass(type)}`}>
      <span className="dot" aria-hidden="true" />
      {type}
    </span>
  );
}
