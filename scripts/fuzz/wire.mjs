/**
 * `fuzz wire`: random and mutated frames at every tag to a node in a process of its own, over real iroh connections, from three hostile
 * peers, while an honest member asks it for an echo.
 *
 * Fails where the victim's process ends or says something on standard error, where it grows (vitals.mjs), where the honest member has no
 * answer within 5 s or is not in its directory at the end, where the victim lets nobody in for 30 s, or where it keeps connections and
 * streams of peers that are gone.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNode } from "../../packages/meshwork/dist/index.js";
import { Attacker } from "./attacker.mjs";
import { Random } from "./random.mjs";
import { Run } from "./runner.mjs";
import { Victim } from "./victim-process.mjs";
import { VitalSigns } from "./vitals.mjs";
import { wireCaseOf } from "./wire-cases.mjs";
import { topicOf, wireCorpus } from "./wire-corpus.mjs";

const ATTACKERS = 3;
const SAMPLE_MS = 1_000;
const ECHO_EVERY_MS = 500;
const ECHO_LIMIT_MS = 5_000;
/** Idle connections are closed after 30 s, streams that keep one open after 10 s; then nothing of the attackers is left. */
const CALM_LIMIT_MS = 60_000;
const LEFT_OVER = 2;

export async function fuzzWire({ report, planted = false, ...order }) {
  const victim = await Victim.start(planted ? { MESH_FUZZ_PLANT: "crash" } : {});
  const honestDir = mkdtempSync(join(tmpdir(), "meshwork-fuzz-honest-"));
  const honest = await startNode({ mesh: "mesh1", type: "honest", dataDir: honestDir, seeds: [victim.seed] });
  const random = new Random(order.seed, -1);
  const attackers = [];
  for (let i = 0; i < ATTACKERS; i += 1) {
    const secretKey = random.bytes(32);
    const attacker = await Attacker.bind(secretKey, victim);
    const topic = topicOf("mesh1");
    attacker.topics = [topic];
    attacker.corpus = wireCorpus({ secretKey, id: attacker.id, victimId: victim.id, topic, planted });
    attackers.push(attacker);
  }
  const echoes = new Echoes(honest, victim);
  await echoes.first();
  const before = await victim.stats();
  const run = new Run({ suite: "wire", lanes: ATTACKERS, ...order });
  const vitals = new VitalSigns(
    () => victim.child.pid,
    async () => ({ heapBytes: (await victim.stats()).heapBytes }),
  );
  if (run.isLong) vitals.start(SAMPLE_MS);
  echoes.start();
  await run.each(
    (seed, index) => {
      const attacker = attackers[index % ATTACKERS];
      return { ...wireCaseOf(attacker.corpus, seed, index), attacker };
    },
    async (one, note) => {
      if (victim.end !== undefined) return [`the victim's process ended: ${victim.end}`];
      return one.attacker.do(one, note);
    },
  );
  await echoes.stop(report);
  run.summarise(report, describe);
  if (run.isLong) await vitals.judge(report);
  report.log(
    `connections: ${attackers.map(({ connections }) => connections).join(", ")}; closed: ${JSON.stringify(Object.assign({}, ...attackers.map(({ closes }) => closes)))}`,
  );
  for (const attacker of attackers) await attacker.close();
  await judgeAfterwards({ report, victim, honest, before, wait: run.isLong });
  await honest.close();
  await victim.stop();
  rmSync(honestDir, { recursive: true, force: true });
  return run;
}

/** The honest member's requests, one after the other. */
class Echoes {
  #honest;
  #victim;
  #timer;
  #busy = false;
  #slowestMs = 0;
  #count = 0;
  #failures = [];

  constructor(honest, victim) {
    this.#honest = honest;
    this.#victim = victim;
  }

  /** Until the victim is known and answers. */
  async first() {
    const deadline = performance.now() + 10_000;
    for (;;) {
      try {
        await this.#honest.request(this.#victim.id, "echo", "hello");
        return;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  start() {
    this.#timer = setInterval(() => void this.#ask(), ECHO_EVERY_MS);
  }

  async #ask() {
    if (this.#busy || this.#victim.end !== undefined) return;
    this.#busy = true;
    const startedMs = performance.now();
    try {
      const reply = await this.#honest.request(this.#victim.id, "echo", "hello", { timeoutMs: ECHO_LIMIT_MS });
      if (reply.text() !== "hello") this.#failures.push(`answered ${reply.text()}`);
    } catch (error) {
      this.#failures.push(error.message);
    }
    this.#slowestMs = Math.max(this.#slowestMs, performance.now() - startedMs);
    this.#count += 1;
    this.#busy = false;
  }

  async stop(report) {
    clearInterval(this.#timer);
    while (this.#busy) await new Promise((resolve) => setTimeout(resolve, 20));
    const detail = {
      requests: this.#count,
      slowestMs: Math.round(this.#slowestMs),
      failures: this.#failures.slice(0, 10),
    };
    if (this.#failures.length === 0) report.pass("an honest member is served", detail);
    else
      report.fail(
        "an honest member is served",
        `${this.#failures.length} of ${this.#count} requests: ${this.#failures[0]}`,
        detail,
      );
  }
}

/** Once the attackers are gone: the process, what it said, what it keeps, whom it lists. */
async function judgeAfterwards({ report, victim, honest, before, wait }) {
  if (victim.end === undefined) report.pass("the process lives");
  else
    report.fail(
      "the process lives",
      `ended with ${victim.end}: ${victim.lines.slice(-12).join(" | ").slice(0, 1_000)}`,
    );
  if (victim.lines.length === 0) report.pass("nothing on standard error");
  else report.fail("nothing on standard error", victim.lines[0], { lines: victim.lines.slice(0, 20) });
  if (victim.end !== undefined) return;
  const settled = await calm(victim, honest, before, wait ? CALM_LIMIT_MS : 0);
  if (!wait || settled.leftOver.length === 0) report.pass("nothing is kept of peers that are gone", settled.sizes);
  else report.fail("nothing is kept of peers that are gone", settled.leftOver.join("; "), settled.sizes);
  if (settled.listed) report.pass("the honest member is listed");
  else report.fail("the honest member is listed", "it is not in the victim's directory");
}

/** Sizes of what belongs to connections; the bounded memories of peers (addresses, tombstones, passive view) may stay. */
const OF_CONNECTIONS = /connection|stream|lane|inbound|handler|pending|waiting|subscriber|buffer|channel/i;

async function calm(victim, honest, before, limitMs) {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const { connections, sizes, lists } = await victim.stats();
    const leftOver = connections > before.connections + LEFT_OVER ? [`${connections} connections`] : [];
    for (const [name, size] of Object.entries(sizes))
      if (OF_CONNECTIONS.test(name) && size > (before.sizes[name] ?? 0) + LEFT_OVER) leftOver.push(`${name}: ${size}`);
    const listed = lists.includes(honest.id);
    if ((leftOver.length === 0 && listed) || performance.now() >= deadline) return { leftOver, listed, sizes };
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function describe({ how, bi, chunks, bytes, ending }) {
  const all = chunks === undefined ? bytes : Buffer.concat(chunks);
  return [
    `${how}${bi === undefined ? "" : bi ? ", both ways" : ", one way"}, ${ending ?? ""}, ${all.length} bytes: ${Buffer.from(all).toString("hex")}`,
  ];
}
