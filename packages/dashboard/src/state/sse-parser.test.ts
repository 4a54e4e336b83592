import fc from "fast-check";
import { expect, test } from "vitest";
import { SseParser } from "./sse-parser.js";

const parse = (...chunks: string[]) => {
  const parser = new SseParser();
  return chunks.flatMap((chunk) => parser.push(chunk));
};

test("reads id, event and data, and ignores comments and unknown fields", () => {
  expect(parse(': hello\nid: run-7\nevent: delta\nretry: 10\ndata: {"a":1}\n\n')).toEqual([
    { id: "run-7", event: "delta", data: '{"a":1}' },
  ]);
});

test("joins data lines, names an event without a name, and keeps the last id for events without one", () => {
  expect(parse("id: 1\ndata: a\ndata: b\n\ndata:c\n\n")).toEqual([
    { id: "1", event: "message", data: "a\nb" },
    { id: "1", event: "message", data: "c" },
  ]);
});

test("does not give an event without data, nor one whose end has not come", () => {
  expect(parse("event: ping\n\n")).toEqual([]);
  expect(parse("data: a\n")).toEqual([]);
  expect(parse("data: a\n", "\n")).toHaveLength(1);
});

test("takes LF, CR and CRLF as line ends, and a byte order mark at the start", () => {
  for (const end of ["\n", "\r", "\r\n"])
    expect(parse(`\uFEFFdata: a${end}${end}data: b${end}${end}x`)).toMatchObject([{ data: "a" }, { data: "b" }]);
});

test("gives the same events however the stream is cut", () => {
  const line = fc.stringMatching(/^[a-z{}": ,0-9]{0,12}$/);
  const event = fc.record({
    name: fc.constantFrom("snapshot", "delta", "ping"),
    lines: fc.array(line, { minLength: 1, maxLength: 3 }),
  });
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 6 }),
      fc.array(fc.nat(200)),
      fc.constantFrom("\n", "\r\n"),
      (events, cuts, end) => {
        const text = events
          .map(({ name, lines }, at) =>
            [`id: ${at}`, `event: ${name}`, ...lines.map((each) => `data: ${each}`), "", ""].join(end),
          )
          .join("");
        const edges = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
        const chunks = edges.slice(1).map((edge, at) => text.slice(edges[at], edge));
        expect(parse(...chunks)).toEqual(
          events.map(({ name, lines }, at) => ({ id: String(at), event: name, data: lines.join("\n") })),
        );
      },
    ),
  );
});

test("gives up on an event without end", () => {
  const parser = new SseParser();
  const chunk = `data: ${"x".repeat(8 * 1024 * 1024)}\n`;
  expect(() => {
    for (let each = 0; each < 6; each += 1) parser.push(chunk);
  }).toThrow(RangeError);
});
