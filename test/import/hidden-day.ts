/** Days under hidden settings, the ledgers our own simulator wrote of them, and their replays. */
import { SimulatedDay } from '../../sim/lab/story/recorded-day.ts'
import type { DayDistance } from '../../sim/metrics/figures/day-distance.ts'
import { LedgerExport, ledgerHead, type LedgerTable } from '../../sim/report/ledger/ledger.ts'
import { type LoadedScenario, loadScenario, withSettings } from '../../sim/scenario/index.ts'
import type { TraceRow } from '../../sim/trace/row.ts'
import type { RowOf } from '../../sim/trace/schema.ts'
import { files } from '../scenario/world.ts'
import { runOf } from '../simulation/world.ts'
import type { Imported } from './world.ts'

const TABLES: readonly LedgerTable[] = ['inference_routes', 'request_rejections', 'provider_capacity_samples']
export const HIDDEN = { TTFT_HARD_REJECT: true, MIN_DECODE_TPS: 10 }

export const DAY = {
  name: 'hidden',
  duration: '8m',
  models: ['gpt-oss-20b', 'gemma-4-26b-qat-4bit'],
  aliases: { 'gemma-4-26b': { desired: 'gemma-4-26b-qat-4bit' } },
  fleet: [
    {
      count: 4,
      machine: { chip: 'M4 Max 40c', memory: '64GB' },
      advertises: ['gpt-oss-20b', 'gemma-4-26b-qat-4bit'],
      resident: ['gpt-oss-20b'],
    },
    {
      count: 2,
      machine: { chip: 'M3 Ultra 60c', memory: '96GB' },
      advertises: ['gpt-oss-20b', 'gemma-4-26b-qat-4bit'],
    },
  ],
  demand: [
    {
      arrivals: { poisson: '1.6/s' },
      mix: { 'gpt-oss-20b': '70%', 'gemma-4-26b': '30%' },
      lengths: { prompt: { lognormal: { median: 900, sigma: 1 } }, output: { lognormal: { median: 150, sigma: 0.7 } } },
      max_tokens: {
        none: '25%',
        sent: {
          quantiles: [
            [0, 64],
            [0.5, 512],
            [1, 4_096],
          ],
        },
      },
      traits: { tools: '20%', vision: '10%', stream: '70%' },
      estimate_error: 0.2,
    },
  ],
  coordinator: HIDDEN,
}

export interface Written {
  readonly tables: { readonly [file: string]: string }
  readonly rows: readonly TraceRow[]
}

/** `from`: what arrived before it is left out of the ledger. */
export async function write(scenario: LoadedScenario, seed = 1, from = 0): Promise<Written> {
  const tables = Object.fromEntries(TABLES.map((table) => [table, ledgerHead(table)]))
  const ledger = new LedgerExport(
    (table, line) => {
      if (table in tables) tables[table] += line
    },
    { from },
  )
  const rows: TraceRow[] = []
  await runOf(scenario, 'open', {
    seed,
    rows(row) {
      ledger.row(row)
      rows.push(row)
    },
  })
  return { tables: Object.fromEntries(Object.entries(tables).map(([table, text]) => [`${table}.csv`, text])), rows }
}

export const ofKind = <K extends TraceRow['kind']>(rows: readonly TraceRow[], kind: K): readonly RowOf<K>[] =>
  rows.filter((row): row is RowOf<K> => row.kind === kind)

export async function replayOf({ files: made }: Imported, settings: readonly string[]): Promise<LoadedScenario> {
  const scenario = await loadScenario('scenario.yaml', files(made))
  if (!scenario.ok) throw new Error(JSON.stringify(scenario.error))
  const changed = withSettings(scenario.value, settings)
  if (!changed.ok) throw new Error(JSON.stringify(changed.error))
  return changed.value
}

export async function distanceOf(scenario: LoadedScenario, seed: number, policy = 'open'): Promise<DayDistance> {
  const day = new SimulatedDay(scenario.recordedDay!)
  await runOf(scenario, policy, { seed, rows: day.row })
  return day.distance()
}

export const settingsOf = (settings: { readonly [name: string]: unknown }): readonly string[] =>
  Object.entries(settings).map(([name, value]) => `coordinator.${name}=${String(value)}`)
