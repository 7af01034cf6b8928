/** Rows in, result out, under settings that suit round numbers: warm-up 10 s, arrivals until 100 s, two models. */
import type { BuildId } from '../../sim/base/ids.ts'
import type { Micros } from '../../sim/base/time.ts'
import { type MetricsSettings, RunMetrics } from '../../sim/metrics/index.ts'
import type { RunResult } from '../../sim/metrics/result.ts'
import type { TraceRow } from '../../sim/trace/row.ts'
import { ms, row } from './rows.ts'

export const settings: MetricsSettings = {
  warmup: ms(10_000),
  duration: ms(100_000),
  slo: { ttftBase: ms(5_000), ttftPerToken: 1_000 as Micros, decodeTps: 15 },
  models: ['oss', 'gemma'],
  builds: [
    { build: 'oss-20b' as BuildId, model: 'oss' },
    { build: 'gemma-q4' as BuildId, model: 'gemma' },
    { build: 'gemma-q8' as BuildId, model: 'gemma' },
  ],
  machines: 2,
}
export const identity = {
  scenario: { name: 's', digest: 'd' },
  policy: { name: 'open' },
  seed: 1,
  events: 7,
  digest: 'x',
  warned: [],
}

export function measured(rows: readonly TraceRow[], overrides: Partial<MetricsSettings> = {}): Omit<RunResult, 'meta'> {
  const metrics = new RunMetrics({ ...settings, ...overrides })
  for (const each of [...rows].sort((a, b) => a.at - b.at)) metrics.row(each)
  return metrics.result(identity)
}

interface Story {
  readonly at: number
  readonly id: number
  readonly model?: string
  readonly first?: number
  readonly end: number
  readonly tokens?: number
}
export const served = ({ at, id, model = 'oss', first, end, tokens = 101 }: Story): TraceRow[] => [
  row('user_request', at, { user: id, model }),
  row('arrived', at, { request: id, user: id, model }),
  ...(first === undefined ? [] : [row('first_token', first, { request: id })]),
  row('ended', end, { request: id, completionTokens: tokens }),
  row('user_ended', end, { user: id }),
]
export const refused = (at: number, id: number, cells: object, model = 'oss'): TraceRow[] => [
  row('user_request', at, { user: id, model }),
  row('arrived', at, { request: id, user: id, model }),
  row('ended', at, { request: id, completionTokens: 0, attempt: -1, ...cells }),
  row('user_ended', at, { user: id, outcome: 'failed_over' }),
]
export const END = row('run_ended', 120_000)
