/** The page's style: one column on a phone, as many charts side by side as fit elsewhere, light or dark. */
export const style = `
:root { color-scheme: light dark; --page: #fbfaf8; --card: #fff; --text: #1f2328; --soft: #5c6670; --line: #e3e0da;
  --accent: #1f6feb; --good: #2f8f5b; --bad: #c8442e; --watch: #b7791f; --faint: #a9b0b7; }
@media (prefers-color-scheme: dark) { :root { --page: #14171a; --card: #1c2024; --text: #e8eaec; --soft: #9aa4ae;
  --line: #30363c; --accent: #6aa5ff; --good: #55b985; --bad: #f07c66; --watch: #e0a94a; --faint: #6b747c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; }
main { max-width: 1320px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 40px 0 4px; padding-top: 16px; border-top: 1px solid var(--line); }
h3 { font-size: .95rem; margin: 0 0 2px; overflow-wrap: anywhere; }
p { margin: 0 0 12px; max-width: 75ch; }
.warning { border-left: 4px solid var(--watch); padding: 8px 14px; background: var(--card); max-width: 75ch; }
.soft, .note { color: var(--soft); } .note { font-size: .87rem; margin: 0 0 8px; }
.tiles { display: grid; gap: 12px; grid-template-columns: repeat(2, 1fr); margin: 20px 0 0; }
@media (min-width: 600px) { .tiles { grid-template-columns: repeat(3, 1fr); } }
@media (min-width: 1150px) { .tiles { grid-template-columns: repeat(6, 1fr); } }
.tile, figure { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; margin: 0; }
.tile b { display: block; font-size: 1.45rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.tile span { display: block; color: var(--soft); font-size: .82rem; }
.charts { display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); margin: 12px 0; }
.beside { min-width: 0; } @media (min-width: 780px) { .beside { grid-column: span 2; } }
summary { cursor: pointer; font-size: .87rem; color: var(--accent); }
figure svg { display: block; width: 100%; height: auto; }
figcaption { font-size: .87rem; color: var(--soft); }
.scroll { overflow-x: auto; margin: 12px 0; }
table { border-collapse: collapse; font-size: .87rem; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); white-space: nowrap; vertical-align: top; }
th { color: var(--soft); font-weight: 600; text-align: right; } td.number { text-align: right; }
th.text, td.text { text-align: left; }
.good { color: var(--good); } .bad { color: var(--bad); } .watch { color: var(--watch); }
.key::before { content: ""; display: inline-block; width: .7em; height: .7em; border-radius: 2px; margin-right: .35em;
  background: currentColor; }
.key { display: inline-block; margin-right: 1em; } .key.accent { color: var(--accent); } .key i { color: var(--soft); font-style: normal; }
`;
