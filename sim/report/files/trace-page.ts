/** Every row of the trace as a page of Markdown, written from the declaration: docs/trace.md is what it says. */
import { type Column, isNamed, type TextValues } from '../../trace/column.ts'
import { KINDS } from '../../trace/schema.ts'

const HEAD = `# The trace

Everything that happens in a run is a row of its trace. \`fleetlab run --out\` keeps the rows in \`trace.fleet\`, \`expect:\`
counts them (\`{row: dispatched, where: {provider: mac-a}, at_least: 1}\`), and the run's digest is a hash of them. This page is what
\`fleetlab schema --trace\` prints; rows are declared in \`sim/trace/rows/\`, and nowhere else.

Every row begins with \`at\`, the microsecond in which it was written. A whole number is \`u32\` or \`i32\` (32 bits), \`int\` (up to 53
bits) or \`micros\` (microseconds); \`f64\` is any number, \`bool\` true or false, \`text\` one of the words given or a name of the scenario.
`

const NAMES: { readonly [by: string]: string } = {
  serial: 'serial of a Mac',
  model: 'model or alias',
  build: 'build',
  alias: 'alias',
  label: 'pool',
  chip: 'chip',
  change: 'change of the timeline',
}

function textsOf(texts: TextValues): string {
  if (!isNamed(texts)) return texts.map((word) => (word === '' ? "''" : `\`${word}\``)).join(', ')
  const name = texts.several ? `${NAMES[texts.by]}, several between commas` : NAMES[texts.by]
  return [name, ...texts.also.map((word) => `\`${word}\``)].join(', ')
}

function line(name: string, { type, unit, about, texts }: Column): string {
  const cells = [
    `\`${name}\``,
    [type, unit].filter(Boolean).join(', '),
    about,
    texts === undefined ? '' : textsOf(texts),
  ]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

export const tracePage = (): string =>
  [
    HEAD,
    ...Object.entries(KINDS).map(([kind, { about, columns }]) => {
      const lines = Object.entries(columns).flatMap(([name, column]) => (name === 'at' ? [] : [line(name, column)]))
      const table = ['| column | type | meaning | holds |', '|---|---|---|---|', ...lines].join('\n')
      return `## ${kind}\n\n${about}\n\n${table}\n`
    }),
  ].join('\n')
