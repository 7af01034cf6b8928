/** docs/upstream.md lists every setting of every preset with its source; what is assumed is marked. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { UPSTREAM_PRESETS } from '../../../sim/demand/upstream/config.ts'

const PAGE = join(import.meta.dirname, '../../../docs/upstream.md')

function written(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? `${value}` : 'none'
}

/** One row a setting: its values where presets differ, and the source of each. */
function table(): string {
  const names = Object.keys(UPSTREAM_PRESETS) as (keyof typeof UPSTREAM_PRESETS)[]
  const rows = Object.keys(UPSTREAM_PRESETS['openrouter-2025'].lines).map((path) => {
    const lines = names.map((name) => UPSTREAM_PRESETS[name].lines[path]!)
    const cells = lines.map(({ to, assumed }) => (assumed ? `*${written(to)}*` : written(to)))
    const sources = [...new Set(lines.map(({ source }) => source))]
    return `| \`${path}\` | ${cells.join(' | ')} | ${sources.join('; ')} |`
  })
  return [`| setting | ${names.join(' | ')} | source |`, '|---|---|---|---|---|', ...rows].join('\n')
}

it('docs/upstream.md has every number of every preset, with its source', () => {
  expect(readFileSync(PAGE, 'utf8')).toContain(table())
})
