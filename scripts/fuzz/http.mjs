/**
 * `fuzz http`: requests made from the console's document, seeded, at a running console over real HTTP.
 *
 * A case fails where the answer is not one that the document declares for it (status, type, every field), where it is a 5xx other than
 * a declared 502, 503 or 504 (a node that the run itself killed or froze does not answer), or where there is none. The run fails where the
 * console's process ended or grew (vitals.mjs), or where it does not answer plainly afterwards.
 */
import { ConsoleSession } from "./console-session.mjs";
import { HttpCases } from "./http-cases.mjs";
import { Run } from "./runner.mjs";

const LANES = 6;
const MAX_SLOW = 2;
const TEND_MS = 2_000;
const FEWEST_NODES = 3;

/** `target`: url, token, names(). */
export async function fuzzHttp({ target, report, ...order }) {
  const session = await ConsoleSession.open(target);
  const cases = new HttpCases({ contract: session.contract, names: await target.names(), token: target.token });
  const run = new Run({ suite: "http", lanes: LANES, ...order });
  const gardener = setInterval(() => void tend(session, cases), TEND_MS);
  if (run.isLong) session.watch();
  let slow = 0;
  await run.each(
    (seed, index) => cases.caseOf(seed, index),
    async (one, note) => {
      // Two at a time may wait for the launcher and for other nodes; the callers of the others leave at once.
      const crowded = one.slow && slow >= MAX_SLOW;
      if (one.slow) slow += 1;
      const complaints = await complaintsOf(session, crowded ? { ...one, patienceMs: 200 } : one, note);
      if (one.slow) slow -= 1;
      return complaints;
    },
  );
  clearInterval(gardener);
  run.summarise(report, describe);
  await session.close(report, run.isLong);
  return run;
}

async function complaintsOf(session, one, note) {
  if (one.kind === "raw") {
    const statuses = await session.client.sendRaw(one);
    for (const status of statuses) note(status);
    return statuses.filter((status) => status >= 500 && status !== 503).map((status) => `answered ${status}`);
  }
  const answer = await session.client.send(one);
  note(answer.outcome === "answered" ? answer.status : answer.outcome);
  if (answer.outcome === "left") return one.patienceMs > 10_000 ? [`no answer within ${one.patienceMs} ms`] : [];
  if (answer.outcome === "broken")
    return mayBreak(one, answer.reason) ? [] : [`the connection broke: ${answer.reason}`];
  return session.complaints(one, answer);
}

/** A body that is refused before it is read to its end closes the connection; so may a header above the limit. */
function mayBreak(one, reason) {
  const large = (one.body?.length ?? 0) > 60_000 || Object.values(one.headers).join("").length > 8_000;
  return large && ["ECONNRESET", "EPIPE"].includes(reason);
}

/** Nodes that the run ended are replaced and frozen ones thawed, so that there is somebody to name. */
async function tend(session, cases) {
  const names = await session.target.names().catch(() => []);
  if (names.length > 0) cases.setNames(names);
  const { nodes = [] } = await session.json("/api/nodes?mesh=mesh1&type=broker").catch(() => ({}));
  const live = nodes.filter(({ state, name }) => (state === "alive" || state === "suspected") && name !== null);
  const post = { method: "POST", patienceMs: 30_000 };
  const spawn = { headers: { "content-type": "application/json" }, body: '{"mesh":"mesh1","type":"broker"}' };
  if (live.length < FEWEST_NODES) await session.ask("/api/nodes", { ...post, ...spawn });
  for (const { name } of live) await session.ask(`/api/nodes/${name}/thaw`, post);
}

function describe({ method, target, headers, body, text }) {
  if (text !== undefined) return [JSON.stringify(text.toString("latin1"))];
  const lines = [`${method} ${target}`];
  const odd = Object.entries(headers).filter(([name]) => name !== "authorization");
  if (odd.length > 0) lines.push(`headers: ${JSON.stringify(Object.fromEntries(odd))}`);
  if (body !== undefined) lines.push(`body: ${JSON.stringify(body.toString())}`);
  return lines;
}
