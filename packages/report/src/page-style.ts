/** Colours follow the reader's light or dark setting; printing is always black on white. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #fff; --soft: #5b6168; --line: #d5d9de; --panel: #f5f6f8; --alert: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --paper: #16181b; --soft: #a3a9b1; --line: #3a3f46; --panel: #1f2227; --alert: #ff8a80; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0.5rem 0 0.25rem; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 0.75rem; padding-top: 0.75rem; border-top: 1px solid var(--line); }
p { max-width: 46rem; margin: 0.6rem 0; }
.subtitle, .note, figcaption, caption, footer { color: var(--soft); font-size: 0.87rem; }
.warning { border-left: 4px solid var(--alert); background: var(--panel); padding: 0.5rem 0.8rem; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: 0.8rem 1rem; overflow-x: auto; font: 0.82rem/1.45 ui-monospace, monospace; }
.table-frame { overflow-x: auto; margin: 0.75rem 0; }
table { border-collapse: collapse; }
caption { text-align: left; padding-bottom: 0.35rem; }
th, td { padding: 0.35rem 0.9rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
figure { margin: 0.75rem 0; }
.plot { max-width: 100%; height: auto; font: 12px system-ui, sans-serif; }
.plot text { fill: var(--soft); }
.plot .plot-title { fill: var(--ink); font-size: 14px; font-weight: 600; }
.axis { stroke: var(--soft); fill: none; }
.grid { stroke: var(--line); fill: none; }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.legend { display: flex; flex-wrap: wrap; gap: 0.3rem 1.1rem; font-size: 0.87rem; color: var(--soft); }
.legend-item { display: inline-flex; align-items: center; gap: 0.4rem; }
.picture-grid { display: flex; flex-wrap: wrap; gap: 0.9rem; margin: 0.75rem 0; }
.picture-figure { margin: 0; }
.picture { display: block; max-width: 100%; height: auto; border-radius: 4px; overflow: hidden; }
.picture .pixels { image-rendering: pixelated; }
.halo { fill: none; stroke: #fff; stroke-opacity: 0.75; }
.overlay { fill: none; pointer-events: all; }
figcaption { margin-top: 0.25rem; overflow-wrap: anywhere; }
@media print {
  :root { color-scheme: light; --ink: #000; --paper: #fff; --soft: #333; --line: #bbb; --panel: #fff; --alert: #000; }
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  figure, table, .warning { break-inside: avoid; }
  h2 { break-after: avoid; }
  pre { white-space: pre-wrap; }
  .plot, .picture, .legend { print-color-adjust: exact; }
}
`;
