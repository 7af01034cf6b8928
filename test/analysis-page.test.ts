/**
 * The page on results in other tools shows what DuckDB answers to its queries, and every column of every table. `vitest run
 * test/analysis-page.test.ts -u` writes the page anew where results or columns have moved.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runCompare } from '../sim/lab/compare/experiment.ts'
import { serialRunner } from '../sim/lab/runs/serial-runner.ts'
import type { CompareResult } from '../sim/lab/compare/compare.ts'
import type { RunResult } from '../sim/metrics/result.ts'
import { resolvePolicy } from '../sim/cli/policy-files/policy-source.ts'
import { formatTable } from '../sim/report/form/table.ts'
import { TABLES, writeResultTables } from '../sim/report/tables/index.ts'
import { aFolder, type Asked, duckOver, folderAt, removed, writtenRun } from './report/tables/written.ts'
import { loaded } from './simulation/world.ts'

const PAGE = join(resolve(import.meta.dirname, '..'), 'docs', 'analysis.md')
const page = readFileSync(PAGE, 'utf8')
const scenario = /```yaml\n([\s\S]*?)```/.exec(page)![1]!

let folder: string
let asked: Asked
let run: RunResult
let compared: CompareResult

beforeAll(async () => {
  folder = aFolder()
  run = await writtenRun(await loaded(scenario), { arm: 'one-slot', seed: 1, folder: folderAt(join(folder, 'run')) })
  mkdirSync(join(folder, 'compare'))
  const results: RunResult[] = []
  const files = { read: async () => scenario, resolve: (_: string, relative: string) => relative }
  const request = {
    scenario: 'analysis.yaml',
    settings: [],
    policies: undefined,
    baseline: undefined,
    seeds: [1, 2, 3],
    verify: false,
  }
  const outcome = await runCompare(
    request,
    { files, runner: serialRunner(files, async () => {}), resolvePolicy },
    {
      signal: new AbortController().signal,
      onProgress: () => {},
      onDone: (_, { result }) => void results.push(result),
    },
  )
  if (!outcome.ok) throw new Error(outcome.error[0]!.message)
  compared = outcome.value
  writeResultTables(folderAt(join(folder, 'compare')), results)
  asked = await duckOver(folder)
})
afterAll(() => removed(folder))

const text = (value: unknown): string => (value === null ? 'NULL' : `${value as string | number | boolean}`)

async function answerTo(sql: string): Promise<string> {
  const rows = await asked(sql)
  const heads = Object.keys(rows[0] ?? {})
  const isNumber = (head: string): boolean => rows.some((row) => typeof row[head] === 'number')
  const columns = heads.map((head) => ({ head, align: isNumber(head) ? ('right' as const) : ('left' as const) }))
  return formatTable({ columns, rows: rows.map((row) => heads.map((head) => text(row[head]))) })
}

function dictionary(): string {
  return TABLES.map(({ file, by, about, columns }) => {
    const rows = columns.map(({ name, type, about: meaning }) => `| \`${name}\` | ${type} | ${meaning} |`)
    return [`### ${file} (${by})`, '', about, '', '| column | type | what it is |', '|---|---|---|', ...rows, ''].join(
      '\n',
    )
  }).join('\n')
}

it('the page on analysis shows what DuckDB answers, and the columns that are written', async () => {
  const parts = page.split(/(```sql\n[\s\S]*?```\n\n```text\n[\s\S]*?```)/)
  const answered: string[] = []
  for (const part of parts) {
    const sql = /^```sql\n([\s\S]*?)```/.exec(part)?.[1]
    answered.push(sql === undefined ? part : `\`\`\`sql\n${sql}\`\`\`\n\n\`\`\`text\n${await answerTo(sql)}\n\`\`\``)
  }
  expect(answered.length).toBeGreaterThan(15)
  const whole = answered.join('').replace(/(?<=\n## Columns\n\n)[\s\S]*?(?=\n## |$)/, () => dictionary())
  await expect(whole).toMatchFileSnapshot(PAGE)
})

it('goodput from SQL on that page is the goodput of the result, and the difference that of the comparison', async () => {
  const goodput = await asked(
    `SELECT model, avg(good::INT) AS goodput FROM 'out/run/requests.parquet' WHERE after_warmup GROUP BY model`,
  )
  for (const { model, goodput: found } of goodput) expect(found).toBe(run.models[String(model)]!.goodput)
  const differences = await asked(
    `WITH arms AS (PIVOT (SELECT seed, metric, policy, value FROM 'out/compare/metrics.parquet') ON policy USING first(value))
     SELECT metric, avg("one-slot" - open) AS difference, count("one-slot" - open) AS seeds FROM arms GROUP BY metric`,
  )
  const judged = compared.differences['one-slot']!
  let checked = 0
  for (const { metric, difference, seeds } of differences) {
    const expected = judged[String(metric)]
    if (expected === undefined || expected.mean === null || seeds !== 3) continue
    expect(Number(difference), String(metric)).toBeCloseTo(expected.mean, 6)
    checked += 1
  }
  expect(checked).toBeGreaterThan(100)
})
