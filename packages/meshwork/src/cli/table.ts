/** Tables for terminals and pipes: columns as wide as their widest cell, two spaces between, no frame. */
import { stripVTControlCharacters } from "node:util";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  readonly align?: "left" | "right";
}

/** One line per row after the head line; cut to `width` columns where it is given. Cells may carry colour. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width?: number): string {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ cell }) => oneLine(cell(row)))),
  ];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => visibleLength(line[index] ?? ""))));
  const lines = cells.map((line) => {
    const padded = line.map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.align ?? "left"));
    return cut(padded.join("  ").trimEnd(), width);
  });
  return `${lines.join("\n")}\n`;
}

/** `label  value` lines, labels padded to the longest. */
export function pairs(entries: readonly (readonly [label: string, value: string])[]): string {
  const width = Math.max(0, ...entries.map(([label]) => label.length));
  return entries.map(([label, value]) => `${label.padEnd(width)}  ${value}\n`).join("");
}

export function visibleLength(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

function pad(cell: string, width: number, align: "left" | "right"): string {
  const spaces = " ".repeat(Math.max(0, width - visibleLength(cell)));
  return align === "left" ? cell + spaces : spaces + cell;
}

/** A cell from another process must not move the cursor or break the line. Colour (CSI … m) stays. */
export function oneLine(cell: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return cell.replace(/\u001b(?!\[[0-9;]*m)|[\u0000-\u001a\u001c-\u001f\u007f]/g, " ");
}

function cut(line: string, width: number | undefined): string {
  if (width === undefined || visibleLength(line) <= width) return line;
  return `${[...stripVTControlCharacters(line)].slice(0, Math.max(1, width - 1)).join("")}…`;
}
