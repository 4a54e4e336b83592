/** Values for a JSON Schema: such that fit, such that nearly do, and such that nobody thought of. */
const HOSTILE_TEXTS = [
  "",
  " ",
  "\u0000",
  "../../etc/passwd",
  "%2e%2e%2f",
  "__proto__",
  "constructor",
  "toString",
  "null",
  "NaN",
  "-1",
  "1e309",
  "mesh.",
  "mesh1..",
  ".",
  "a.b.c.d.e",
  "\u202e\u0301é𝔘",
  "\ud800",
  "<script>",
  "'; --",
  "$(x)",
  "\r\nx: y",
  "A".repeat(300),
];
const HOSTILE_NUMBERS = [-1, 0, 0.5, -0, 1e21, 2 ** 53, 2 ** 53 + 2, -(2 ** 63), 1e-320, 1.7976931348623157e308];

export function hostileText(random) {
  if (random.chance(0.7)) return random.pick(HOSTILE_TEXTS);
  return Array.from({ length: random.length(400) }, () => String.fromCodePoint(random.int(0, 0x2ff))).join("");
}

/** Anything JSON can say. */
export function anyValue(random, depth = 0) {
  const kinds = {
    text: 4,
    number: 3,
    boolean: 1,
    null: 1,
    array: depth < 4 ? 2 : 0,
    object: depth < 4 ? 2 : 0,
    deep: depth === 0 ? 0.3 : 0,
  };
  switch (random.weighted(kinds)) {
    case "text":
      return hostileText(random);
    case "number":
      return random.chance(0.5) ? random.pick(HOSTILE_NUMBERS) : random.int(-1_000, 1_000);
    case "boolean":
      return random.chance(0.5);
    case "array":
      return Array.from({ length: random.length(8) }, () => anyValue(random, depth + 1));
    case "object":
      return Object.fromEntries(
        Array.from({ length: random.length(6) }, () => [hostileText(random), anyValue(random, depth + 1)]),
      );
    case "deep": {
      let value = 1;
      for (let i = random.int(10, 500); i > 0; i -= 1) value = random.chance(0.5) ? [value] : { a: value };
      return value;
    }
    default:
      return null;
  }
}

/** A value that fits, as far as the keywords say; `names` are used where a text names a node. */
export function fittingValue(random, schema, check, names) {
  const own = check.resolve(schema);
  if (own.anyOf !== undefined) return fittingValue(random, random.pick(own.anyOf), check, names);
  if (own.allOf !== undefined)
    return Object.assign({}, ...own.allOf.map((part) => fittingValue(random, part, check, names)));
  if (own.const !== undefined) return own.const;
  if (own.enum !== undefined) return random.pick(own.enum);
  const types = Array.isArray(own.type) ? own.type : [own.type];
  switch (random.pick(types)) {
    case "string":
      return fittingText(random, own, names);
    case "integer":
    case "number":
      return fittingNumber(random, own);
    case "boolean":
      return random.chance(0.5);
    case "array":
      return Array.from({ length: random.length(4) }, () => fittingValue(random, own.items ?? {}, check, names));
    case "object":
      return fittingObject(random, own, check, names);
    case "null":
      return null;
    default:
      return anyValue(random);
  }
}

function fittingObject(random, schema, check, names) {
  const value = {};
  for (const [key, inner] of Object.entries(schema.properties ?? {}))
    if ((schema.required ?? []).includes(key) || random.chance(0.4))
      value[key] = fittingValue(random, inner, check, names);
  return value;
}

function fittingText(random, { pattern, minLength = 0, maxLength = 64 }, names) {
  const takesName = pattern?.includes("a-z0-9.-");
  if (takesName && random.chance(0.8)) return random.pick(names);
  const expression = pattern === undefined ? undefined : new RegExp(pattern, "u");
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const text = lettersOf(random, Math.max(minLength, 1, random.length(Math.min(maxLength, 20))), pattern);
    if (expression === undefined || expression.test(text)) return text;
  }
  return "a".repeat(Math.max(1, minLength));
}

function lettersOf(random, length, pattern) {
  const letters = pattern?.includes("{32}") ? "0123456789abcdef" : "abcdefgh0123456789-";
  const wanted = pattern?.includes("{32}") ? 32 : length;
  return Array.from({ length: wanted }, () => letters[random.int(0, letters.length - 1)]).join("");
}

function fittingNumber(random, schema) {
  const least = schema.minimum ?? (schema.exclusiveMinimum === undefined ? 0 : schema.exclusiveMinimum + 1);
  const most = schema.maximum ?? least + 1_000;
  // Near the low end: counts and durations of real callers are small, and the machine should live.
  return random.int(least, Math.min(most, least + random.length(Math.max(1, most - least))));
}

/** Nearly fits: one thing about a fitting value is changed. */
export function brokenValue(random, schema, check, names) {
  const value = fittingValue(random, schema, check, names);
  if (typeof value !== "object" || value === null || random.chance(0.15)) return anyValue(random);
  const keys = Object.keys(value);
  const key = keys.length === 0 ? hostileText(random) : random.pick(keys);
  switch (random.weighted({ replace: 5, remove: 2, add: 2, wrap: 1 })) {
    case "replace":
      return { ...value, [key]: anyValue(random) };
    case "remove":
      delete value[key];
      return value;
    case "add":
      return { ...value, [hostileText(random)]: anyValue(random) };
    default:
      return [value];
  }
}
