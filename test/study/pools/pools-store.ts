/** docs/pools-study.json: every run of the study with its digests, a line each. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { CELLS } from './pools-design.ts'
import type { Journal } from './pools-journal.ts'
import { digestOfCell, loadCell, type ModelRecord, type RunRecord } from './pools-record.ts'

export const STORE = 'docs/pools-study.json'

const FLEET_COLUMNS = ['seed', 'digest', 'loads', 'pool_moves', 'busy_share'] as const
const MODEL_COLUMNS = [
  'outcome',
  'onset_s',
  'arrived',
  'goodput',
  'rate_429',
  'uptime',
  'decode_tps',
  'ttft_p95_ms',
  'retries',
  'failed_over',
  'lost_users',
  'refused_beside_idle',
  'waited_beside_idle_s',
  'idle_capable_s',
] as const satisfies readonly (keyof ModelRecord)[]
const SHORT: { readonly [model: string]: string } = { 'gpt-oss-20b': 'gpt_oss', 'gemma-4-26b': 'gemma' }
const COLUMNS: readonly string[] = [
  ...FLEET_COLUMNS,
  ...Object.values(SHORT).flatMap((model) => MODEL_COLUMNS.map((column) => `${model}.${column}`)),
]

type Value = string | number | null

interface Store {
  readonly format: 'fleetlab.pools-study/1'
  readonly columns: readonly string[]
  readonly cells: readonly {
    readonly key: string
    readonly scenario: string
    readonly runs: readonly (readonly Value[])[]
  }[]
}

const rowOf = (run: RunRecord): readonly Value[] => [
  ...FLEET_COLUMNS.map((column) => run[column]),
  ...Object.values(run.models).flatMap((model) => MODEL_COLUMNS.map((column) => model[column])),
]

function runOf(key: string, scenario: string, row: readonly Value[]): RunRecord {
  const of = (column: string): Value => row[COLUMNS.indexOf(column)] ?? null
  const model = (name: string): ModelRecord =>
    Object.fromEntries(
      MODEL_COLUMNS.map((column) => [column, of(`${SHORT[name]}.${column}`)]),
    ) as unknown as ModelRecord
  const fleet = Object.fromEntries(FLEET_COLUMNS.map((column) => [column, of(column)]))
  const models = Object.fromEntries(Object.keys(SHORT).map((name) => [name, model(name)]))
  return { key, scenario, ...fleet, models } as unknown as RunRecord
}

/** All that the journal has of the design, cell by cell; of cells that it has nothing of, what was stored stays. */
export async function writeStudy(journal: Journal): Promise<void> {
  const before = existsSync(STORE) ? readStudy() : new Map<string, readonly RunRecord[]>()
  const cells: string[] = []
  for (const cell of CELLS) {
    const digest = digestOfCell(await loadCell(cell))
    const found = cell.seeds.flatMap((seed) => journal.find(cell.key, seed, digest) ?? [])
    const runs = found.length > 0 ? found : (before.get(cell.key) ?? []).filter(({ scenario }) => scenario === digest)
    if (runs.length === 0) continue
    const rows = runs.map((run) => `  ${JSON.stringify(rowOf(run))}`)
    cells.push(`{"key": ${JSON.stringify(cell.key)}, "scenario": "${digest}", "runs": [\n${rows.join(',\n')}\n ]}`)
  }
  const head = `"format": "fleetlab.pools-study/1",\n"columns": ${JSON.stringify(COLUMNS)}`
  writeFileSync(STORE, `{${head},\n"cells": [\n ${cells.join(',\n ')}\n]}\n`)
}

/** Runs by the key of their cell. */
export type Study = ReadonlyMap<string, readonly RunRecord[]>

export function readStudy(): Study {
  const { cells } = JSON.parse(readFileSync(STORE, 'utf8')) as Store
  return new Map(cells.map(({ key, scenario, runs }) => [key, runs.map((row) => runOf(key, scenario, row))]))
}
