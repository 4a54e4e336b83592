/** The report as one page that needs nothing else: what a person would rather look at than read. Made from the report alone. */
import { DEATH_BOUND_MS } from "../faults.js";
import type { Check, Moment, SlopeRow, SoakReport, WaitFigures } from "../report.js";
import { LEAK_MB_PER_HOUR, SETTLED_FROM_MINUTE } from "../statistics/leak-verdict.js";
import { MIN_POINTS } from "../statistics/slope.js";
import { cores, escapeHtml, gigabytes, megabytes, seconds, span, UNKNOWN } from "./markup.js";
import { seriesPlot } from "./series-plot.js";
import { slopesPlot } from "./slopes-plot.js";
import { STYLE } from "./style.js";
import { cpuLabel, lanesPlot, memoryLabel, totalPlot } from "./timeline.js";
import { waitsPlot } from "./waits-plot.js";

const MAX_CONSUMERS = 8;

export function renderReport(report: SoakReport): string {
  const { state } = report;
  const sections = [
    header(report),
    seedsTable(report),
    tiles(report),
    overTime(report),
    waits(report),
    slopes(report),
    memory(report),
    returned(report),
    checks(report),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Soak, seed ${state.plan.seed}</title><style>${STYLE}</style></head>
<body><main>${sections.join("\n")}</main></body></html>
`;
}

function header({ state, counts }: SoakReport): string {
  const { plan, machine, command, commit, parts, places } = state;
  const verdict = counts.failed > 0 ? "failed" : counts.skipped > 0 ? "skipped" : "passed";
  const words = { failed: "failed", skipped: "passed, with questions left open", passed: "passed" }[verdict];
  const continued = parts.length > 1 ? `, in ${parts.length} parts` : "";
  const ended = state.status === "finished" ? "" : `, stopped after ${span(state.elapsedMs)}`;
  return `<h1>Soak: <span class="${verdict}-text">${words}</span></h1>
<p class="soft">${places.length} nodes, console and launcher for ${span(plan.durationMs)}${ended}${continued}; seed ${plan.seed}; began ${escapeHtml(parts[0]?.startedAt.slice(0, 16).replace("T", " ") ?? UNKNOWN)} UTC.
${counts.passed} checks passed, ${counts.failed} failed, ${counts.skipped} could not tell.</p>
<p class="note"><code>${escapeHtml(command)}</code><br>commit ${escapeHtml(commit ?? "unknown")}; ${escapeHtml(machine.cpu)}, ${machine.cores} cores, ${gigabytes(machine.ramBytes)}; ${escapeHtml(machine.system)}; Node ${escapeHtml(machine.node)}</p>`;
}

function seedsTable({ moments, state }: SoakReport): string {
  const row = (title: string, of: (moment: Moment) => string) =>
    `<tr><td>${title}</td>${moments.map((moment) => `<td class="number">${of(moment)}</td>`).join("")}</tr>`;
  const heads = moments.map(({ title }) => `<th class="number">${escapeHtml(title)}</th>`).join("");
  const consumers = state.consumers
    .slice(0, MAX_CONSUMERS)
    .map(
      ({ name, links, cpuCores, pssBytes }) =>
        `<tr><td>${escapeHtml(name)}</td><td class="number">${links ?? UNKNOWN}</td><td class="number">${cores(cpuCores, 3)}</td><td class="number">${megabytes(pssBytes)}</td></tr>`,
    );
  return `<div class="two"><div class="card"><table><tr><th></th>${heads}</tr>
${row("Total CPU, cores", ({ cpuCores }) => cores(cpuCores, 2))}
${row("Total RAM (PSS)", ({ pssBytes }) => gigabytes(pssBytes))}
${row("Total RAM (RSS)", ({ rssBytes }) => gigabytes(rssBytes))}
${row("Mean CPU of a node, cores", ({ nodeCpuCores }) => cores(nodeCpuCores, 4))}</table>
<p class="note">Nodes, console and launcher; CPU is the mean of that minute, RAM its least. PSS counts shared pages once, RSS in each process.
The soak's own traffic, faults and forced collections are in it.</p></div>
<div class="card"><table><tr><th>Top consumers at the end</th><th class="number">peers</th><th class="number">CPU, cores</th><th class="number">PSS</th></tr>${consumers.join("")}</table></div></div>`;
}

function tiles({ checks, deaths, state, slopes, counts }: SoakReport): string {
  const outcome = (id: string) => checks.find((check) => check.id === id)?.outcome ?? "skipped";
  const tile = (id: string, figure: string, text: string) =>
    `<div class="card tile ${outcome(id)}"><b>${figure}</b><span class="soft">${text}</span></div>`;
  const { acknowledged, lost, doubled } = state.messages;
  const struck = state.faults.filter(({ skipped }) => !skipped);
  const passed = struck.filter((fault) => fault.passed).length;
  const faultTile = `<div class="card tile ${passed === struck.length ? "passed" : "failed"}"><b>${passed} of ${struck.length}</b><span class="soft">faults passed; ${state.respawns.length} respawns</span></div>`;
  const of = (verdict: SlopeRow["verdict"]) => slopes.filter((row) => row.verdict === verdict).length;
  const kept = state.quiet?.differences.filter(({ returned }) => !returned).length;
  const told = kept === undefined ? UNKNOWN : `${(state.quiet?.compared ?? 0) - kept} of ${state.quiet?.compared}`;
  return `<div class="tiles" aria-label="${counts.failed} failed">${faultTile}
${tile("survivors learn of kills", seconds(deaths.p99), `p99 until survivors know of a kill (bound ${DEATH_BOUND_MS / 1_000} s)`)}
${tile("false deaths", `${state.falseDeaths.length}`, "false deaths")}
${tile("acknowledged messages lost", `${lost}`, `lost and ${doubled} doubled of ${acknowledged.toLocaleString("en")} acknowledged messages`)}
${tile("memory leaks", `${of("leak")} leaks`, `${of("clean")} series clean, ${of("inconclusive")} inconclusive`)}
${tile("return to the baseline", told, "counts returned when all was quiet")}</div>`;
}

function overTime({ state }: SoakReport): string {
  const { totals } = state;
  return `<h2>What happened when</h2><p class="soft">Each dot is a fault or a respawn; point at one to read what came of it.</p>
<div class="card">${lanesPlot(state)}</div><div class="two" style="margin-top:14px">
<figure class="card"><figcaption>Total CPU, cores</figcaption>${totalPlot(state, totals.cpuCores, { title: "total CPU", label: cpuLabel })}</figure>
<figure class="card"><figcaption>Total RAM (PSS)</figcaption>${totalPlot(state, totals.pssBytes, { title: "total RAM", label: memoryLabel })}</figure></div>`;
}

function waits({ state, deaths, leaves, returns }: SoakReport): string {
  const ofFaults = (key: "deathWaitsMs" | "returnWaitsMs") => state.faults.flatMap((fault) => fault[key]);
  const ofChurn = (how: "kill" | "leave") =>
    state.respawns.filter((one) => one.how === how).flatMap(({ waitsMs }) => waitsMs);
  const figure = (title: string, figures: WaitFigures, all: readonly (number | null)[], boundMs: number | null) =>
    figures.count === 0
      ? ""
      : `<figure class="card"><figcaption>${title}: p50 ${seconds(figures.p50)}, p99 ${seconds(figures.p99)}, longest ${seconds(figures.max)}; ${figures.count} pairs${figures.never > 0 ? `, <b class="failed-text">${figures.never} never</b>` : ""}</figcaption>${waitsPlot(all, boundMs, title)}</figure>`;
  return `<h2>What the others came to know, and when</h2>
<p class="soft">From each survivor's own directory, as it changed: one count is one survivor and one event.</p><div class="two">
${figure("SIGKILL to gone", deaths, [...ofFaults("deathWaitsMs"), ...ofChurn("kill")], DEATH_BOUND_MS)}
${figure("Told to leave, to gone", leaves, ofChurn("leave"), null)}
${figure("Back or thawed, to listed", returns, ofFaults("returnWaitsMs"), null)}</div>`;
}

function slopes({ slopes: rows, state }: SoakReport): string {
  const plot = (metric: SlopeRow["metric"], title: string) =>
    `<figure class="card"><figcaption>${title}, MB/h</figcaption>${slopesPlot(
      rows.filter((row) => row.metric === metric),
      title,
    )}</figure>`;
  const plots = `<div class="two">${plot("heapBytes", "Heap after a forced collection")}${plot("pssBytes", "PSS")}${plot("rssBytes", "RSS")}</div>`;
  return `<h2>Does memory grow?</h2><p class="soft">The slope of each process that lived from the first minute to the last, with the interval that
holds all ${rows.length} slopes together with 95 % confidence (Theil-Sen on the least of each minute, from minute ${SETTLED_FROM_MINUTE} on). A leak lies wholly right of
${LEAK_MB_PER_HOUR} MB/h, a clean series wholly left of it; what lies across needs a longer run.${state.plantedLeak === null ? "" : ` One node was made to leak ${state.plantedLeak.bytesPerHour / 1e6} MB/h.`}</p>
${rows.every(({ slope }) => slope === null) ? `<div class="card">This soak was too short for any interval: it has less than ${MIN_POINTS} minutes after minute ${SETTLED_FROM_MINUTE}.</div>` : plots}`;
}

function memory({ state }: SoakReport): string {
  const plots = Object.values(state.series).map((series) => seriesPlot(state, series));
  return `<h2>Process by process</h2><p class="soft"><span class="key" style="background:var(--accent);margin-left:0"></span>PSS
<span class="key" style="background:var(--second)"></span>heap after a forced collection</p><div class="three card">${plots.join("")}</div>`;
}

function returned({ state }: SoakReport): string {
  const { quiet } = state;
  if (quiet === null) return "";
  const counts = [...new Set(quiet.differences.map(({ count }) => count))];
  const rows = counts.map((count) => {
    const all = quiet.differences.filter((one) => one.count === count);
    const kept = all.filter((one) => !one.returned);
    const most = (kept.length > 0 ? kept : all).reduce((a, b) => (b.after - b.before > a.after - a.before ? b : a));
    const label = state.series[most.process]?.label ?? most.process;
    const outcome = kept.length === 0 ? "passed" : "failed";
    const html =
      `<tr><td class="${outcome}-text">${kept.length === 0 ? "allowed" : "kept"}</td><td>${escapeHtml(count)}</td><td>${most.kind}</td>` +
      `<td class="number">${kept.length === 0 ? all.length : kept.length}</td><td>${escapeHtml(label)}</td><td class="number">${most.before}</td><td class="number">${most.after}</td></tr>`;
    return { kept: kept.length, html };
  });
  const sorted = rows.toSorted((a, b) => b.kept - a.kept).map(({ html }) => html);
  const same = quiet.compared - quiet.differences.length;
  return `<h2>What is held when all is quiet</h2><p class="soft">Handles, descriptors, threads, connections and every owned collection of the processes that lived throughout,
before the first fault and after the last: ${same} of ${quiet.compared} counts are exactly what they were, ${span(quiet.settledMs)} after the end.</p>
<div class="card"><details${quiet.differences.some((one) => !one.returned) ? " open" : ""}><summary>${counts.length} counts that are not, in some process</summary>
<table><tr><th></th><th>count</th><th>kind</th><th class="number">processes</th><th>the most in</th><th class="number">before</th><th class="number">after</th></tr>${sorted.join("")}</table></details>
<p class="note">exact: may not be more than before. links: one more for each neighbour more. streams: at most one for each topic and connection. flow: what is under
way, up to its cap. past: what the protocol remembers of those who are gone, or a store keeps, up to its cap. tally: counts what happened.</p></div>`;
}

function checks({ checks: all }: SoakReport): string {
  const row = ({ id, outcome, detail }: Check) =>
    `<tr><td class="${outcome}-text">${outcome === "skipped" ? "cannot tell" : outcome}</td><td>${escapeHtml(id)}</td><td>${escapeHtml(detail)}</td></tr>`;
  const isFault = ({ id }: Check) => / at [\d.]+ s$/.test(id);
  const first = all.filter((check) => !isFault(check) || check.outcome !== "passed");
  const rest = all.filter((check) => isFault(check) && check.outcome === "passed");
  return `<h2>Checks</h2><div class="card"><table>${first.map(row).join("")}</table>
<details><summary>${rest.length} faults that passed</summary><table>${rest.map(row).join("")}</table></details></div>`;
}
