/** Numbers for connections, unique in the process; for logs, registries and tie-breaks among equals (newer is larger). */
let lastKey = 0;

export function nextConnectionKey(): number {
  lastKey += 1;
  return lastKey;
}
