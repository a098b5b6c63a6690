// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace culprit {

/// What html_page() looks like.
inline constexpr std::string_view kPageStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --sheet: #fff; --ink: #1c2430; --soft: #5b6675; --line: #dfe3e9;
  --stripe: #f7f8fa; --accent: #2b66a8;
  --good: #17794a; --info: #2b66a8; --warning: #a86200; --critical: #b92d25; --plain: #5b6675;
  --s0: #2b66a8; --s1: #8fb8e0; --s2: #d2e2f2; --track: #eceff3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --sheet: #1a2029; --ink: #e4e8ee; --soft: #9aa6b5; --line: #303947;
    --stripe: #1f2630; --accent: #7db4ee;
    --good: #4cc38a; --info: #7db4ee; --warning: #f0ad4e; --critical: #ff7b72; --plain: #9aa6b5;
    --s0: #6aa6e6; --s1: #3d689a; --s2: #2b435f; --track: #252d38;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans",
    sans-serif;
}
main { max-width: 1120px; margin: 0 auto; padding: 32px 24px 48px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 6px; overflow-wrap: anywhere; }
h2 {
  font-size: 20px; margin: 44px 0 14px; padding-bottom: 6px; border-bottom: 2px solid var(--line);
}
h3 { font-size: 16px; margin: 26px 0 10px; }
h3 small { font-weight: 400; font-size: 13px; color: var(--soft); margin-left: 8px; }
p { margin: 0 0 10px; overflow-wrap: anywhere; }
.subtitle { color: var(--soft); margin-bottom: 14px; }
nav { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 14px; margin-bottom: 20px; }
nav a { color: var(--accent); text-decoration: none; }
nav a:hover { text-decoration: underline; }
code {
  font: 13px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  overflow-wrap: anywhere; unicode-bidi: isolate;
}
.good { --tone: var(--good); } .info { --tone: var(--info); }
.warning { --tone: var(--warning); } .critical { --tone: var(--critical); }
.plain { --tone: var(--plain); }

.hero { display: grid; grid-template-columns: 240px 1fr; gap: 16px; }
.gauge, .tile, .card, .chart, .scroll {
  background: var(--sheet); border: 1px solid var(--line); border-radius: 10px;
}
.gauge { padding: 18px; text-align: center; grid-row: span 2; align-self: stretch; }
.gauge svg { width: 150px; height: 150px; }
.gauge circle { fill: none; stroke-width: 11; stroke: var(--track); }
.gauge circle.value { stroke: var(--tone); stroke-linecap: round; }
.gauge svg text { fill: var(--ink); text-anchor: middle; font-size: 38px; font-weight: 700; }
.gauge svg text.of { fill: var(--soft); font-size: 12px; font-weight: 400; }
.gauge b { display: block; font-size: 13px; color: var(--soft); font-weight: 600; }
.gauge span { color: var(--tone); font-weight: 600; }
.tiles { display: grid; grid-template-columns: repeat(3, 1fr); gap: 12px; align-content: stretch; }
.tiles:only-child, .chart:only-child { grid-column: 1 / -1; }
.tile { padding: 14px 16px; min-width: 0; }
.tile b { display: block; font-size: 13px; font-weight: 600; color: var(--soft); }
.tile strong { display: block; font-size: 24px; line-height: 1.35; }
.tile.warning strong, .tile.critical strong { color: var(--tone); }
.tile.plain { --tone: var(--s0); }
.tile small { color: var(--soft); font-size: 13px; overflow-wrap: anywhere; }
.tile svg { display: block; width: 100%; height: 6px; margin: 4px 0 6px; border-radius: 3px; }
.tile rect.track { fill: var(--track); } .tile rect.value { fill: var(--tone); }

.card { border-left: 5px solid var(--tone); padding: 14px 18px; margin: 0 0 12px; }
.card h4 { font-size: 16px; line-height: 1.4; margin: 0; overflow-wrap: anywhere; }
.card .badge {
  display: inline-block; font-size: 12px; font-weight: 700; color: var(--tone); margin: 0 10px 0 0;
  border: 1px solid var(--tone); border-radius: 99px; padding: 0 9px; vertical-align: 2px;
}
.card .note { color: var(--soft); font-size: 14px; margin: 4px 0 0; }
.card ol { margin: 8px 0 4px; padding-left: 22px; } .card li { overflow-wrap: anywhere; }
.card .outcome { color: var(--good); font-weight: 600; margin: 4px 0 0; }
.card dl { display: flex; flex-wrap: wrap; gap: 8px 26px; margin: 10px 0 2px; }
.card dt code { font-size: 12px; color: var(--soft); }
.card dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; }
.card dd small { font-weight: 400; color: var(--soft); margin-left: 4px; }

.charts { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 16px; }
.chart { margin: 0; padding: 16px 18px; min-width: 0; }
.chart figcaption { font-weight: 600; margin-bottom: 10px; }
.legend { float: right; font-weight: 400; font-size: 13px; color: var(--soft); }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin: 0 5px 0 12px; }
i.s0 { background: var(--s0); } i.s1 { background: var(--s1); } i.s2 { background: var(--s2); }
.bar { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 12px; margin-bottom: 9px; }
.bar .label { font-size: 13px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.bar .value { font-size: 13px; color: var(--soft); font-variant-numeric: tabular-nums; }
.bar svg { grid-column: 1 / -1; width: 100%; height: 10px; border-radius: 3px; background: var(--track); }
rect.s0 { fill: var(--s0); } rect.s1 { fill: var(--s1); } rect.s2 { fill: var(--s2); }

.scroll { overflow-x: auto; margin-bottom: 14px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th {
  text-align: left; font-size: 12.5px; color: var(--soft); font-weight: 600; vertical-align: bottom;
  border-bottom: 1px solid var(--line); padding: 8px 12px;
}
td { padding: 6px 12px; vertical-align: top; unicode-bidi: isolate; }
td.long { min-width: 130px; overflow-wrap: anywhere; } td.wide { min-width: 230px; }
.n { width: 1%; text-align: right; font-variant-numeric: tabular-nums; }
td.n, td:not(.long) code { white-space: nowrap; }
tbody tr:nth-child(even) { background: var(--stripe); }
.more, footer { color: var(--soft); font-size: 13px; }
footer { margin-top: 32px; border-top: 1px solid var(--line); padding-top: 12px; }

@media (max-width: 820px) {
  main { padding: 20px 14px 32px; }
  h1 { font-size: 23px; }
  .hero, .charts { grid-template-columns: minmax(0, 1fr); }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .gauge { display: grid; grid-template-columns: 110px 1fr; align-items: center; text-align: left;
           column-gap: 16px; }
  .gauge svg { width: 110px; height: 110px; }
  h3 small { display: block; margin: 2px 0 0; }
  .legend { float: none; display: block; } .legend i:first-child { margin-left: 0; }
  .card { padding: 12px 14px; }
  td, th { padding: 6px 8px; }
}
@media print {
  :root {
    --page: #fff; --sheet: #fff; --ink: #000; --soft: #444; --line: #bbb; --stripe: #f4f4f4;
    --accent: #000; --good: #17794a; --info: #2b66a8; --warning: #a86200; --critical: #b92d25;
    --plain: #444; --s0: #2b66a8; --s1: #8fb8e0; --s2: #d2e2f2; --track: #e8e8e8;
  }
  body { font-size: 10.5pt; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  nav { display: none; }
  h2 { margin-top: 24px; } h2, h3 { break-after: avoid; }
  .card, .chart, .tile, .gauge, tr { break-inside: avoid; }
  .scroll { overflow: visible; border: 0; }
  table { font-size: 8.5pt; } th { font-size: 8pt; } code { font-size: 8pt; }
  td, th { padding: 3px 5px; } td.wide { min-width: 0; }
}
)css";

}  // namespace culprit
