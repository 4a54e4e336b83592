/** The report's look: the reader's theme, no scripts, nothing from elsewhere. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #fbfaf7; --card: #fff; --ink: #1c1d1f; --soft: #62666d; --line: #e4e2dc; --accent: #2f6fde;
  --second: #c2571a; --good: #1d8a53; --bad: #c8312b; --open: #a9770c; --zone: #c8312b14; }
@media (prefers-color-scheme: dark) { :root { --ground: #131416; --card: #1b1d20; --ink: #e9e8e4; --soft: #9a9ea6; --line: #303338;
  --accent: #7aa9ff; --second: #f0965a; --good: #55c98c; --bad: #ff7b72; --open: #e0b04a; --zone: #ff7b7217; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1160px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 30px; margin: 0 0 4px; letter-spacing: -0.02em; }
h2 { font-size: 18px; margin: 40px 0 4px; }
p { margin: 4px 0 12px; max-width: 84ch; }
.soft, .note { color: var(--soft); }
.note { font-size: 13px; }
code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; overflow-x: auto; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(158px, 1fr)); gap: 12px; margin: 20px 0; }
.tile { border-left: 4px solid var(--line); }
.tile.passed { border-left-color: var(--good); } .tile.failed { border-left-color: var(--bad); } .tile.skipped { border-left-color: var(--open); }
.tile b { display: block; white-space: nowrap; font-size: 22px; font-weight: 600; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.tile .soft { font-size: 13px; }
.two { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 460px), 1fr)); gap: 14px; }
.three { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); gap: 14px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 500; color: var(--soft); font-size: 13px; }
th, td { padding: 6px 14px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
.number { text-align: right; }
figure { margin: 0; } figcaption { font-size: 13px; color: var(--soft); margin-bottom: 4px; }
svg { display: block; width: 100%; height: auto; }
.grid { stroke: var(--line); } .axis { stroke: var(--soft); stroke-opacity: 0.6; }
.tick, .value, .bound-label { font: 11px system-ui, sans-serif; fill: var(--soft); font-variant-numeric: tabular-nums; }
.line { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; } .line.heap { stroke: var(--second); }
.dot { fill: var(--accent); }
.bar { fill: var(--accent); } .bar.over { fill: var(--bad); }
.bound { stroke: var(--bad); stroke-dasharray: 4 3; } .bound-label { fill: var(--bad); }
.zone { fill: var(--zone); }
.mark.passed { fill: var(--good); } .mark.failed { fill: var(--bad); } .mark.skipped { fill: var(--open); }
.interval line { stroke-width: 4; stroke-linecap: round; stroke-opacity: 0.45; }
.interval.clean line { stroke: var(--good); } .interval.clean circle, .value.clean { fill: var(--good); }
.interval.leak line { stroke: var(--bad); } .interval.leak circle, .value.leak { fill: var(--bad); }
.interval.inconclusive line { stroke: var(--open); } .interval.inconclusive circle, .value.inconclusive { fill: var(--open); }
.passed-text { color: var(--good); } .failed-text { color: var(--bad); } .skipped-text { color: var(--open); }
.key { display: inline-block; width: 14px; height: 3px; border-radius: 2px; vertical-align: middle; margin: 0 5px 0 12px; }
summary { cursor: pointer; color: var(--soft); padding: 6px 0; }
@media print { .card { break-inside: avoid; } }
`;
