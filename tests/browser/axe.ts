/** Accessibility by axe's rules, in the page as it stands: WCAG 2 A and AA, contrast among them. */
import axe from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** By the debugger's evaluation, which the page's content policy does not bind. */
export async function violationsOf(page: Page): Promise<string[]> {
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axe.source);
  const run = `axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    resultTypes: ["violations"],
  }).then(({ violations }) => violations)`;
  const violations = (await page.evaluate(run)) as Violation[];
  return violations.map(({ id, impact, help, nodes }) => {
    const { html, failureSummary } = nodes[0]!;
    const where = `${html.slice(0, 200)} ${failureSummary.replace(/\s+/g, " ").slice(0, 300)}`;
    return `${id} (${impact}): ${help}, ${nodes.length} times, first at ${where}`;
  });
}

export async function expectAccessible(page: Page, what: string): Promise<void> {
  expect(await violationsOf(page), what).toEqual([]);
}
