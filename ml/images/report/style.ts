/** The page's only style sheet: light and dark, phone and paper. */
export const STYLE = `
:root { color-scheme: light dark; --back: #fff; --text: #1b1d21; --soft: #5b616b; --line: #d5d9df; --card: #f5f6f8;
  --error: #b3181f; --warning: #7a5200; --sound: #17693a; --good: #1f6fc4; --bad: #e08a1e; --link: #1a5fb4; }
@media (prefers-color-scheme: dark) { :root { --back: #15171a; --text: #e8eaed; --soft: #a5acb8; --line: #3a3f47; --card: #1f2227;
  --error: #ff8a8a; --warning: #f2c46b; --sound: #7fd6a0; --good: #6cb0f5; --bad: #f0a94b; --link: #8ab8ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 75rem; background: var(--back); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
a { color: var(--link); }
h1, h2, h3 { line-height: 1.2; }
h2 { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 1rem; }
code, .file { font-family: ui-monospace, monospace; font-size: .875em; }
.skip { position: absolute; left: -100vw; }
.skip:focus { position: static; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.verdict { padding: .75rem 1rem; border: 2px solid; border-radius: .5rem; font-size: 1.125rem; font-weight: 600; }
.error { color: var(--error); } .warning { color: var(--warning); } .sound { color: var(--sound); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
dt { color: var(--soft); } dd { margin: 0; }
.contents { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; list-style: none; }
.kinds { columns: 18rem; padding-left: 1.25rem; }
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .75rem; padding: 0; list-style: none; }
.strip { display: flex; gap: .75rem; overflow-x: auto; padding: 0 0 .5rem; list-style: none; }
.strip li { flex: 0 0 9.5rem; }
figure { margin: 0; height: 100%; padding: .25rem; background: var(--card); border: 1px solid var(--line); border-radius: .375rem; }
figure img, .none { display: block; max-width: 100%; height: 9rem; margin: 0 auto; object-fit: contain; }
.none { display: grid; place-items: center; padding: .5rem; border: 1px dashed var(--soft); color: var(--soft); text-align: center; font-size: .8125rem; overflow: hidden; }
figcaption { margin-top: .25rem; font-size: .8125rem; line-height: 1.35; }
.file { display: block; }
li .file { display: inline; }
.sheet .file, .strip .file { display: block; }
summary { cursor: pointer; color: var(--link); padding: .25rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .25rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1.5rem; }
.histogram { width: 100%; background: var(--card); border-bottom: 1px solid var(--soft); }
.interval { width: 12rem; height: 1.4rem; }
.interval circle { fill: var(--text); } .interval path { stroke: var(--text); stroke-width: 1.5; } .interval .chance { stroke: var(--line); }
.good { fill: var(--good); } .bad { fill: var(--bad); }
.key { display: inline-block; width: .75rem; height: .75rem; margin-left: .75rem; }
.axis { display: flex; justify-content: space-between; margin: 0; color: var(--soft); font-size: .8125rem; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } .sheet { grid-template-columns: 1fr 1fr; } }
@media print { :root { color-scheme: light; --back: #fff; --text: #000; --soft: #444; --line: #bbb; --card: #fff; --error: #a00; --warning: #640; --sound: #050; --good: #1f6fc4; --bad: #e08a1e; }
  body { max-width: none; padding: 0; font-size: 10pt; } .skip { display: none; } .strip { flex-wrap: wrap; }
  figure, tr { break-inside: avoid; } h2, h3 { break-after: avoid; } details::details-content { content-visibility: visible; height: auto; } }
`;
