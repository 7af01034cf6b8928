/**
 * docs/pools-tables.md says what the stored runs of the study say, the stored runs are those of the design, and docs/pools.md holds no
 * number that the table it names does not have. slow/pools-study.test.ts runs a sample of them again.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CELLS, FLOORS, GATES, HEADLINE_ARMS, HEADLINE_FILES, POLICIES } from './pools-design.ts'
import { digestOfCell, loadCell, MODELS } from './pools-record.ts'
import { readStudy } from './pools-store.ts'
import { answerTable, poolsTables } from './pools-tables.ts'
import { startText } from '../start-text.ts'

const study = readStudy()
const tables = readFileSync('docs/pools-tables.md', 'utf8')

describe('docs/pools-tables.md', () => {
  it('is what `npm run study:pools` writes of the stored runs', () => {
    expect(tables).toBe(poolsTables(study))
  })
})

const readme = readFileSync('README.md', 'utf8')

describe('README.md', () => {
  // Until it has an answer at all.
  it.skipIf(readme.includes('@@ANSWER@@'))('shows the table of the answer as the stored runs give it', () => {
    const rows = answerTable(study).filter((line) => line.startsWith('|'))
    expect(rows.length).toBeGreaterThan(10)
    expect(rows.filter((line) => !readme.includes(line))).toEqual([])
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
    const sample = keys.filter((_, place) => place % 41 === 0)
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

const valueOf = (number: string): number => Number(number.replaceAll(',', ''))
const numbersIn = (text: string): readonly number[] =>
  [...unsigned(text).matchAll(/(?<![\w./])\d[\d,]*(?:\.\d+)?(?![\w/])/g)].map(([number]) => valueOf(number))

describe('docs/pools.md', () => {
  const page = readFileSync('docs/pools.md', 'utf8')
  /**
   * Paragraphs, list items and rows of tables, with what they name: our tables by number, other pages by link. Items and rows that name
   * nothing go by the paragraph above them.
   */
  const claims: { readonly text: string; readonly sources: readonly string[] }[] = []
  let above: readonly string[] = []
  for (const text of page.split(/\n\n|\n(?=- |\d+\. |\|)/)) {
    const own = [...text.matchAll(/\btables? (\d+)(?:(?: and |, | to )(\d+))?/g)]
      .flatMap(([, first, second]) => [first, second])
      .filter((name) => name !== undefined)
      .map(tableOf)
    const pages = [...text.matchAll(/\]\((\w+\.md)\)/g)].map(([, name]) => readFileSync(`docs/${name}`, 'utf8'))
    const sources = own.length === 0 ? [] : own.concat(pages)
    const isBelow = /^(?:- |\d+\. |\|)/.test(text)
    if (!isBelow) above = sources
    claims.push({ text, sources: sources.length > 0 || !isBelow ? sources : above })
  }

  it('has figures in no paragraph that names no table', () => {
    const bare = claims.filter(({ text, sources }) => sources.length === 0 && /\d\.\d|\d %|\d points/.test(text))
    expect(bare.map(({ text }) => text)).toEqual([])
  })

  it('has no decimal figure and no share that the tables it names do not have', () => {
    const strange = claims.flatMap(({ text, sources }) => {
      const known = new Set(sources.flatMap(numbersIn))
      return [...unsigned(text).matchAll(/(?<![\w./])(\d[\d,]*(?:\.\d+)?)(?= (?:%|points?|of \d)|(?<=\.\d+))/g)]
        .map(([, figure]) => figure!)
        .filter((figure) => !known.has(valueOf(figure)))
        .map((figure) => `${figure}: ${text.slice(0, 80)}`)
    })
    expect(strange).toEqual([])
  })

  it('counts of so many what the tables it names count so', () => {
    const strange = claims.flatMap(({ text, sources }) =>
      [...text.matchAll(/\b(\d+) of (\d+)\b/g)]
        .filter(
          ([, some, all]) =>
            !sources.some((source) => new RegExp(`\\b${some}(?: and \\d+)? of ${all}\\b`).test(source)),
        )
        .map(([phrase]) => `${phrase}: ${text.slice(0, 80)}`),
    )
    expect(strange).toEqual([])
  })
})
