/** Runs cases of a seed one after the other in several lanes, and keeps the tally. `judge` gives complaints; none is a pass. */
const MAX_FAILURES = 10;
const MAX_TEXT = 500;

export class Run {
  /** `stopAt`: `{ untilMs }` by performance.now(), or `{ cases }`. `only`: one case alone. */
  constructor({ suite, seed, stopAt, only, lanes }) {
    this.suite = suite;
    this.seed = seed;
    this.stopAt = stopAt;
    this.only = only;
    this.lanes = only === undefined ? lanes : 1;
    this.tally = new Map();
    this.failures = [];
    this.next = only ?? 0;
  }

  /** Long enough that growth can be judged. */
  get isLong() {
    return this.only === undefined && this.stopAt.cases === undefined;
  }

  async each(caseOf, judge) {
    const lane = async () => {
      while (!this.#done()) {
        const one = caseOf(this.seed, this.next++);
        const row = this.tally.get(one.id) ?? { sent: 0, answers: {}, failed: 0 };
        this.tally.set(one.id, row);
        row.sent += 1;
        const note = (what) => {
          row.answers[what] = (row.answers[what] ?? 0) + 1;
        };
        const complaints = await judge(one, note);
        if (complaints.length === 0) continue;
        row.failed += 1;
        this.failures.push({ one, complaints });
      }
    };
    await Promise.all(Array.from({ length: this.lanes }, lane));
  }

  #done() {
    if (this.failures.length >= MAX_FAILURES) return true;
    if (this.only !== undefined) return this.next > this.only;
    return this.stopAt.cases === undefined ? performance.now() >= this.stopAt.untilMs : this.next >= this.stopAt.cases;
  }

  /** `describe` gives lines that show a case. */
  summarise(report, describe) {
    for (const { one, complaints } of this.failures) {
      report.log(`  case ${one.index} (${one.id}): ${complaints.join("; ").slice(0, MAX_TEXT)}`);
      for (const line of describe(one)) report.log(`    ${line.slice(0, MAX_TEXT)}`);
      report.log(`    again: npm run fuzz -- ${this.suite} --seed ${this.seed} --case ${one.index}`);
    }
    for (const [id, { sent, answers, failed }] of [...this.tally].sort(([a], [b]) => a.localeCompare(b))) {
      if (failed === 0) report.pass(id, { sent, answers });
      else report.fail(id, `${failed} of ${sent} cases: ${this.#firstOf(id)}`, { answers });
    }
  }

  #firstOf(id) {
    return this.failures.find(({ one }) => one.id === id)?.complaints[0]?.slice(0, MAX_TEXT) ?? "";
  }
}
