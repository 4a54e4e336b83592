/** The query of an address, as text in and text out. */

/** The query with `key` set; the empty value takes it out. What else it carries stays. */
export function withValue(search: string, key: string, value: string): string {
  const query = new URLSearchParams(search);
  if (value === "") query.delete(key);
  else query.set(key, value);
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}
