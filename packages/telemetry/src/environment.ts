/**
 * Keeps the exporters' own reading of `OTEL_EXPORTER_OTLP_*` out.
 *
 * The exporters merge the headers of those variables into every request: a key meant for a hosted collector would be sent to
 * the console too. The node reads the variables once and names each sink's headers; nothing else counts.
 */

const PREFIX = "OTEL_EXPORTER_OTLP_";

/** Runs `build` (synchronously) while the variables are hidden, and puts them back. */
export function withoutExporterVariables<T>(build: () => T): T {
  const hidden = Object.entries(process.env).filter(([name]) => name.startsWith(PREFIX));
  for (const [name] of hidden) delete process.env[name];
  try {
    return build();
  } finally {
    for (const [name, value] of hidden) process.env[name] = value;
  }
}
