/**
 * docs/pools-tables.md says what the stored runs of the study say, the stored runs are those of the design, and docs/pools.md holds no
 * number that the table it names does not have. slow/pools-study.test.ts runs a sample of them again.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CELLS, FLOORS, GATES, HEADLINE_ARMS, HEADLINE_FILES, POLICIES } from './pools-design.ts'
import { digestOfCell, loadCell, MODELS } from './pools-record.ts'
import { readStudy } from './pools-store.ts'
import { poolsTables } from './pools-tables.ts'
import { startText } from './start-text.ts'

const study = readStudy()
const tables = readFileSync('docs/pools-tables.md', 'utf8')

describe('docs/pools-tables.md', () => {
  it('is what `npm run study:pools` writes of the stored runs', () => {
    expect(tables).toBe(poolsTables(study))
  })
})

describe('the stored study', () => {
  const cells = new Map(CELLS.map((cell) => [cell.key, cell]))

  it('has cells of the design alone, on its seeds, in their order', () => {
    expect(cells.size).toBe(CELLS.length)
    expect([...study.keys()].filter((key) => !cells.has(key))).toEqual([])
    for (const [key, runs] of study) {
      const { seeds } = cells.get(key)!
      expect(
        runs.map(({ seed }) => seed),
        key,
      ).toEqual(seeds.slice(0, runs.length))
    }
  })

  it('was run on the scenarios as they are, in a sample of all parts', async () => {
    const keys = [...study.keys()]
    const sample = keys.filter((_, place) => place % 17 === 0)
    expect(sample.length).toBeGreaterThan(10)
    for (const key of sample) {
      const digest = digestOfCell(await loadCell(cells.get(key)!))
      expect(
        study.get(key)!.map(({ scenario }) => scenario),
        key,
      ).toEqual(study.get(key)!.map(() => digest))
    }
  })

  it('plays the arms of the headline files, each on as many seeds under both gates', async () => {
    for (const gate of GATES) {
      const head = await loadCell({ ...CELLS[0]!, scenario: HEADLINE_FILES[gate], settings: [] })
      const arms = head.scenario.policies.map(({ as, policy, settings }) => [as, { policy, settings }])
      expect(Object.fromEntries(arms)).toEqual(HEADLINE_ARMS)
    }
    const counts = CELLS.filter(({ part }) => part === 'headline').map(({ key }) => study.get(key)?.length)
    expect(new Set(counts).size).toBe(1)
    expect(counts[0]).toBeGreaterThanOrEqual(10)
  })

  it('faces every policy and floor with the same users: as many first requests in an hour', () => {
    const rows = [...study.keys()].filter((key) => /^(?:offered|served)\//.test(key)).map((key) => key.split('/'))
    for (const [mix, row] of rows.filter(([, , floor, policy]) => floor === 'on' && policy === 'open')) {
      const users = POLICIES.flatMap((policy) =>
        FLOORS.flatMap((floor) => study.get(`${mix}/${row}/${floor}/${policy}`)?.slice(0, 1) ?? []),
      ).map(({ models }) => MODELS.map((model) => models[model].arrived - models[model].retries).join())
      // A request that is tried again after the end of the arrivals counts as arrived there: a handful.
      const first = users[0]!.split(',').map(Number)
      for (const each of users)
        for (const [i, count] of each.split(',').map(Number).entries())
          expect(Math.abs(count - first[i]!) / first[i]!, `${mix}/${row}`).toBeLessThan(0.02)
    }
  })
})

describe('what `npm start` says', () => {
  const live = new Map(
    [...study].filter(([key]) => key.startsWith('headline/')).map(([key, runs]) => [key, runs.slice(0, 5)]),
  )
  const text = startText(live, study)

  it('fits 100 columns', () => {
    expect(text.split('\n').filter((line) => Array.from(line).length > 100)).toEqual([])
  })

  it('has a line per arm under each gate', () => {
    for (const arm of Object.keys(HEADLINE_ARMS))
      expect(text.split('\n').filter((line) => line.startsWith(`${arm} `)).length, arm).toBe(GATES.length + 1)
  })
})

const tableOf = (name: string): string => {
  const from = tables.indexOf(`\n## ${name}. `)
  expect(from, `table ${name}`).toBeGreaterThan(0)
  const to = tables.indexOf('\n## ', from + 1)
  return tables.slice(from, to < 0 ? undefined : to)
}
const unsigned = (text: string): string => text.replaceAll(/[−+]/g, ' ').replaceAll('-', ' ')

const numbersIn = (text: string): readonly string[] =>
  [...unsigned(text).matchAll(/(?<![\w./])\d[\d,]*(?:\.\d+)?(?![\w/])/g)].map(([number]) => number)

describe('docs/pools.md', () => {
  const page = readFileSync('docs/pools.md', 'utf8')
  /** Paragraphs, list items and rows of tables, with the tables that they name. */
  const claims = page.split(/\n\n|\n(?=- |\d+\. |\|)/).map((text) => ({
    text,
    named: [...text.matchAll(/\btables? (\d+)(?: and (\d+))?/g)].flatMap(([, a, b]) => [a, b]),
  }))

  it('has figures in no paragraph that names no table', () => {
    const bare = claims.filter(({ text, named }) => named.length === 0 && /\d\.\d|\d %|\d points/.test(text))
    expect(bare.map(({ text }) => text)).toEqual([])
  })

  it('has no decimal figure and no share that the tables it names do not have', () => {
    const strange = claims.flatMap(({ text, named }) => {
      const known = new Set(named.filter((name) => name !== undefined).flatMap((name) => numbersIn(tableOf(name))))
      const figures = [
        ...unsigned(text).matchAll(/(?<![\w./])(\d[\d,]*(?:\.\d+)?)(?= (?:%|points?|of \d)|(?<=\.\d+))/g),
      ]
      return figures
        .map(([, figure]) => figure!)
        .filter((figure) => !known.has(figure))
        .map((figure) => `${figure}: ${text.slice(0, 80)}`)
    })
    expect(strange).toEqual([])
  })
})
