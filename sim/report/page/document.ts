/**
 * A page of its own: one file without a script, which asks no server for anything and says so to the browser (its policy
 * allows its own style and nothing else). Light and dark as the reader's system is, narrow as a telephone, and on paper.
 */
import { html, type Markup, Markup as Raw } from './markup.ts'

/** What a page says beside its result. */
export interface PageContext {
  /** The question, as its scenario puts it; '' where it puts none. */
  readonly question: string
  /** As one would type it again. */
  readonly command: string
  readonly version: string
}

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

const STYLE = `
:root {
  color-scheme: light dark;
  --bg: #fff; --text: #1b2127; --muted: #59636e; --line: #d9dde1; --sunken: #f3f5f6;
  --good: #00704f; --bad: #b3301c; --warn: #8a5a00; --accent: #0b63b5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #14181c; --text: #e3e7eb; --muted: #98a3ae; --line: #323a42; --sunken: #1d2329;
    --good: #4cc79b; --bad: #f08a76; --warn: #e0b050; --accent: #6cb6f2;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 32px 20px 48px; max-width: 920px; background: var(--bg); color: var(--text);
  font: 14px/1.5 "Inter", "Segoe UI", system-ui, -apple-system, "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
h1 { font-size: 22px; line-height: 1.25; margin: 0 0 6px; }
h2 { font-size: 15px; margin: 30px 0 10px; }
h3 { font-size: 14px; margin: 16px 0 6px; }
p { margin: 0 0 8px; max-width: 72ch; }
.question { font-size: 16px; }
.muted, figcaption, .axis { color: var(--muted); }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); } .dim { color: var(--muted); }
.strong { font-weight: 600; }
ul { margin: 0 0 10px; padding-left: 20px; }
section > p:last-child { margin-top: 10px; }
figcaption { margin-top: 8px; max-width: 72ch; }
.answers { display: grid; gap: 10px; padding: 0; margin: 0 0 12px; list-style: none; }
.answers > li { border-left: 3px solid var(--line); padding: 2px 0 2px 12px; }
.answers > li.good { border-color: var(--good); color: inherit; }
.answers > li.bad { border-color: var(--bad); color: inherit; }
.answers > li.warn { border-color: var(--warn); color: inherit; }
.answers > li.dim { color: inherit; }
.word { font-weight: 600; }
.good > .word { color: var(--good); } .bad > .word { color: var(--bad); } .warn > .word { color: var(--warn); }
figure { margin: 0; }
.row { display: grid; grid-template-columns: 180px 1fr 190px; gap: 0 14px; align-items: center; }
.row > .figure-value { text-align: right; white-space: nowrap; font-size: 13px; }
.strip { display: block; width: 100%; height: 24px; overflow: visible; }
.axis { font-size: 12px; height: 18px; }
.axis text { fill: currentColor; font-size: 11.5px; }
.over-time { display: grid; grid-template-columns: 44px 1fr; gap: 0 8px; font-size: 12px; color: var(--muted); }
.over-time > .levels { display: flex; flex-direction: column; justify-content: space-between; text-align: right; line-height: 1; }
.over-time > .times { grid-column: 2; display: flex; justify-content: space-between; }
.plot { display: block; width: 100%; height: 90px; border: solid var(--line); border-width: 1px 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; overflow-wrap: normal; }
th, td { padding: 3px 12px 3px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; vertical-align: bottom; }
th.long { white-space: normal; overflow-wrap: break-word; max-width: 18em; }
td:first-child { white-space: normal; min-width: 8em; max-width: 22em; overflow-wrap: break-word; }
th.right, td.right { text-align: right; padding: 3px 0 3px 12px; }
details { border-top: 1px solid var(--line); padding: 8px 0; }
summary { cursor: pointer; font-weight: 600; }
summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
details[open] > summary { margin-bottom: 8px; }
pre { margin: 0; padding: 10px 12px; background: var(--sunken); white-space: pre-wrap; font-size: 12.5px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 0; font-size: 13px; }
dt { color: var(--muted); } dd { margin: 0; }
@media (max-width: 640px) {
  body { padding: 20px 16px 32px; }
  .row { grid-template-columns: 1fr auto; margin-bottom: 8px; }
  .row > bdi { font-weight: 600; }
  .row > .strip, .row > .axis { grid-column: 1 / -1; grid-row: 2; }
  .row.ticks { margin: 0; }
  dl { grid-template-columns: 1fr; } dd { margin-bottom: 6px; }
}
@media print {
  :root { --bg: #fff; --text: #000; --muted: #444; --line: #bbb; --sunken: #f3f3f3; --good: #00523a; --bad: #8d2010; --warn: #6b4600; }
  @page { margin: 14mm; }
  body { padding: 0; max-width: none; font-size: 10.5px; }
  h1 { font-size: 17px; } h2 { font-size: 12.5px; margin-top: 14px; } h3 { font-size: 11px; }
  .question { font-size: 12px; }
  table, .row > .figure-value, dl, pre { font-size: 9px; }
  details:not([open]) { display: none; }
  .scroll { overflow: visible; }
  section, figure, tr, li { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
`

export function documentOf(
  title: string,
  { question, command, version }: PageContext,
  body: readonly Markup[],
): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="fleetlab ${version}">
<title>${title}</title>
<style>${new Raw(STYLE)}</style>
</head>
<body>
<main>
<header>
<h1><bdi>${title}</bdi></h1>
${question === '' ? undefined : html`<p class="question"><bdi>${question}</bdi></p>`}
</header>
${body}
<section>
<h2>To repeat it</h2>
<pre>${command}</pre>
</section>
</main>
</body>
</html>
`
  return page.text
}

/** Lines of text, or nothing where there are none. */
export const listOf = (title: string, lines: readonly string[]): Markup | undefined =>
  lines.length === 0
    ? undefined
    : html`<section><h2>${title}</h2><ul>${lines.map((line) => html`<li>${line}</li>`)}</ul></section>`

/** What is known by name: versions, digests. */
export const factsOf = (facts: readonly (readonly [name: string, value: string])[]): Markup =>
  html`<dl>${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`

/** For those who want to know: closed on the screen, and not on paper. */
export const foldedOf = (title: string, body: Markup): Markup =>
  html`<details><summary>${title}</summary>${body}</details>`
