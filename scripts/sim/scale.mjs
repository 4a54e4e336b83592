/**
 * `npm run sim -- scale`: overlay and broadcasts at 10,000 nodes of which 500 have directories of all 500, and directories at every one of
 * 2,000 nodes: boot, broadcast, 30 % failure, heal. At most 12 GB.
 */
const SIZES = [
  { nodes: 2_000, directories: 2_000, joinSpacingMs: 20 },
  { nodes: 10_000, directories: 500, joinSpacingMs: 5 },
];
const BARS = {
  connectedMs: 30_000,
  /** As after any mass crash. Where few are members nobody who could accuse watches them: audits alone find the dead. */
  wholeMs: { everywhere: 60_000, among: 120_000 },
  maxRssBytes: 12e9,
};

/** `nodes`: that size alone. */
export function scalePlan({ nodes } = {}) {
  const wanted = SIZES.filter((size) => nodes === undefined || size.nodes === nodes);
  return { tasks: wanted.map((size) => ({ kind: "scale", options: { seed: 1, ...size } })), judge };
}

function judge(finished, { check, table }, maxRssBytes = process.resourceUsage().maxRSS * 1_024) {
  const rows = [];
  for (const { task, result, tookMs } of finished) {
    const { nodes, directories } = task.options;
    const id = `${nodes} nodes, ${directories} directories`;
    const { componentsAfterBoot, divergentAfterBoot, deliveredBefore, killed } = result;
    const { connectedAfterMs, deliveredAfter30s, wholeAfterMs, falseDeaths } = result;
    const booted = { componentsAfterBoot, divergentAfterBoot };
    const whole = BARS.wholeMs[directories === nodes ? "everywhere" : "among"];
    check(`${id}: one mesh after the boot`, componentsAfterBoot === 1 && divergentAfterBoot === 0, describe(booted));
    check(`${id}: broadcasts reach all`, deliveredBefore === 1, `${deliveredBefore}`);
    const isConnected = connectedAfterMs !== undefined && connectedAfterMs <= BARS.connectedMs;
    check(
      `${id}: one component ${BARS.connectedMs / 1_000} s after the failure`,
      isConnected,
      `${connectedAfterMs} ms`,
    );
    check(`${id}: broadcasts reach all survivors`, deliveredAfter30s === 1, `${deliveredAfter30s}`);
    const isWhole = wholeAfterMs !== undefined && wholeAfterMs <= whole;
    check(`${id}: directories whole ${whole / 1_000} s after the failure`, isWhole, `${wholeAfterMs} ms`);
    check(`${id}: no false death`, falseDeaths === 0, `${falseDeaths}`);
    rows.push({
      nodes,
      directories,
      lastDeliveryMs: Math.round(result.lastDeliveryMs),
      killed,
      connectedAfterMs,
      deliveredAfter30s,
      wholeAfterMs,
      falseDeaths,
      millionEvents: Math.round(result.events / 1e6),
      virtualSeconds: Math.round(result.virtualMs / 1_000),
      tookSeconds: Math.round(tookMs / 1_000),
    });
  }
  check(`${BARS.maxRssBytes / 1e9} GB at the most`, maxRssBytes <= BARS.maxRssBytes, `${maxRssBytes} bytes`);
  table("boot, broadcast, 30 % failure, heal", rows);
  return { rows, maxRssBytes };
}

function describe(values) {
  return JSON.stringify(values);
}
