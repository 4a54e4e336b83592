/** Reads Prometheus text format strictly: what it does not know, or what repeats itself, is an error. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ParsedFamily {
  readonly type: string;
  readonly help: string;
  readonly samples: Sample[];
}

const SAMPLE = /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/gy;

export function parseExposition(text: string): ReadonlyMap<string, ParsedFamily> {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const families = new Map<string, ParsedFamily>();
  const seen = new Set<string>();
  let current: { readonly name: string; readonly family: ParsedFamily } | undefined;
  let help: { readonly name: string; readonly text: string } | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
    if (comment?.[1] === "HELP") {
      help = { name: comment[2]!, text: comment[3]! };
      continue;
    }
    if (comment !== null) {
      const [, , name, type] = comment;
      if (help?.name !== name || families.has(name!)) throw new Error(`a TYPE out of place: ${line}`);
      const family: ParsedFamily = { type: type!, help: help!.text, samples: [] };
      families.set(name!, family);
      current = { name: name!, family };
      continue;
    }
    const sample = sampleOf(line);
    if (current === undefined || !belongs(sample.name, current.name, current.family.type))
      throw new Error(`a sample outside its family: ${line}`);
    const series = line.slice(0, line.lastIndexOf(" "));
    if (seen.has(series)) throw new Error(`a series twice: ${series}`);
    seen.add(series);
    current.family.samples.push(sample);
  }
  return families;
}

function belongs(sample: string, family: string, type: string): boolean {
  if (type === "histogram") return [`${family}_bucket`, `${family}_sum`, `${family}_count`].includes(sample);
  return type === "summary" ? [`${family}_sum`, `${family}_count`].includes(sample) : sample === family;
}

function sampleOf(line: string): Sample {
  const match = SAMPLE.exec(line);
  if (match === null) throw new Error(`no sample: ${line}`);
  const [, name, inner = "", number] = match;
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < inner.length) {
    const label = LABEL.exec(inner);
    if (label === null || label[1]! in labels) throw new Error(`no labels: ${line}`);
    labels[label[1]!] = label[2]!.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
  }
  const value = number === "+Inf" ? Number.POSITIVE_INFINITY : Number(number);
  if (Number.isNaN(value)) throw new Error(`no number: ${line}`);
  return { name: name!, labels, value };
}

/** The value of the one sample with these labels among others; undefined where there is none. */
export function sampleValue(
  families: ReadonlyMap<string, ParsedFamily>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const family = families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ""));
  const fits = (family?.samples ?? []).filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, text]) => sample.labels[key] === text),
  );
  if (fits.length > 1) throw new Error(`${fits.length} samples of ${name} fit`);
  return fits[0]?.value;
}
