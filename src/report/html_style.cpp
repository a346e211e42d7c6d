#include "report/html_style.h"

namespace hearth {

// Text has a contrast of at least 4.5 to 1 on both grounds (WCAG 2.1, 1.4.3); the colours of parts are those of Okabe
// and Ito, told apart with any colour vision, and every part is named in words beside the plot.
const char* report_style() {
  return R"css(
:root { color-scheme: light dark; --ground: #fff; --text: #1c2126; --soft: #565f68; --line: #d5dade; --panel: #f4f6f7;
  --accent: #0b5cad; --alarm: #a3210f; --alarm-ground: #fdeeeb; --reserved: #b4bcc4; --free: #e8ecef; }
@media (prefers-color-scheme: dark) { :root { --ground: #14181c; --text: #e4e8eb; --soft: #a3adb6; --line: #343c44; --panel: #1c2228;
  --accent: #7db8f2; --alarm: #ff9c8a; --alarm-ground: #3a1d18; --reserved: #59636d; --free: #2a323a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 1.5rem 1rem 3rem; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .8rem; padding-bottom: .3rem; border-bottom: 2px solid var(--line); }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; }
p, ul, ol { margin: .5rem 0 1rem; }
ul, ol { padding-left: 1.3rem; }
a { color: var(--accent); }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; font-size: .92rem; }
.notice { background: var(--alarm-ground); color: var(--alarm); border-left: 4px solid var(--alarm); padding: .7rem 1rem; font-weight: 600; }
.table { overflow-x: auto; margin: .4rem 0 1.4rem; }
table { border-collapse: collapse; min-width: min(100%, 36rem); font-size: .92rem; overflow-wrap: break-word; }
table.wide { width: 100%; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .35rem .7rem .35rem 0; border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; }
th { color: var(--soft); font-weight: 600; }
.short { white-space: nowrap; }
pre, code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre { background: var(--panel); padding: .8rem; overflow-x: auto; font-size: .8rem; line-height: 1.3; overflow-wrap: normal; }
code { background: var(--panel); padding: .1em .3em; font-size: .88em; }
.expect { color: var(--soft); display: block; }
figure { margin: 1.2rem 0 1.8rem; max-width: 36rem; }
figcaption { font-weight: 600; margin-bottom: .5rem; }
svg { width: 100%; height: auto; display: block; }
svg text { font: 13px system-ui, "Segoe UI", Roboto, Arial, sans-serif; fill: var(--text); }
svg text.tick { fill: var(--soft); font-size: 12px; }
svg text.number { fill: #fff; font-weight: 700; font-size: 11px; }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg .limit { stroke: var(--text); stroke-width: 2; }
svg .free { fill: var(--free); stroke: var(--line); }
svg .reserved { fill: var(--reserved); }
svg .part { stroke: var(--ground); stroke-width: 1; }
svg .c0 { fill: #0072b2; } svg .c1 { fill: #e69f00; } svg .c2 { fill: #d55e00; } svg .c3 { fill: #009e73; } svg .c4 { fill: #56b4e9; }
svg .c5 { fill: #cc79a7; } svg .c6 { fill: #f0e442; } svg .c7, svg .c8 { fill: #8a939b; }
svg .roof { fill: none; stroke-width: 2.5; } svg .r0 { stroke: #0072b2; } svg .r1 { stroke: #009e73; stroke-dasharray: 7 4; } svg .r2 { stroke: #cc79a7; stroke-dasharray: 2 3; }
svg .whisker { stroke: var(--text); stroke-width: 2; }
svg .point { stroke: var(--ground); stroke-width: 1.5; } svg .decode { fill: #b03a00; } svg .prefill { fill: #00694d; }
svg .interval { fill: var(--reserved); } svg .inside { fill: #0072b2; } svg .outside { fill: #d55e00; }
footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
@media (max-width: 40rem) {
  table.wide, .wide caption, .wide tbody, .wide tr, .wide td { display: block; width: 100%; }
  .wide thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .wide tr { border-bottom: 1px solid var(--line); padding: .5rem 0; }
  .wide td { border: 0; padding: .1rem 0; overflow-wrap: anywhere; }
  .wide td:empty { display: none; }
  .wide td::before { content: attr(data-label) ": "; color: var(--soft); }
  .wide td:first-child { font-weight: 600; }
  pre { font-size: .62rem; }
  svg text { font-size: 14px; }
}
@media print {
  :root { color-scheme: light; --ground: #fff; --text: #000; --soft: #444; --line: #bbb; --panel: #f4f4f4; --accent: #000; --alarm: #a3210f; --alarm-ground: #fff; --reserved: #b4bcc4; --free: #e8ecef; }
  body { max-width: none; padding: 0; font-size: 10pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  nav { display: none; }
  h2, h3, caption, figcaption { break-after: avoid; }
  tr, figure, pre, .notice { break-inside: avoid; }
  pre { white-space: pre; overflow: visible; font-size: 7.5pt; }
}
)css";
}

}  // namespace hearth
