/** The tables of one run: what became of the requests first, then how long they took, then what it cost the fleet. */
import type { ModelResult, RequestCounts, RunResult } from '../../../metrics/result.ts'
import { cell, type TextCell } from '../../form/paint.ts'
import type { Table, TableColumn, TitledTable } from '../../form/table.ts'
import { formatNumber, formatValue } from '../../form/unit.ts'

const left = (head: string): TableColumn => ({ head, align: 'left' })
const right = (head: string): TableColumn => ({ head, align: 'right' })
const share = (value: number | null): string => formatValue(value, 'share')
const ms = (value: number | null): string => formatValue(value, 'ms')
const count = (value: number): string => formatNumber(value, 0)
const total = (counts: { readonly [reason: string]: number }): number =>
  Object.values(counts).reduce((sum, value) => sum + value, 0)

/** Zero is what one hopes for in these columns, so it steps back. */
const trouble = (value: number): TextCell => (value === 0 ? cell('0', 'dim') : cell(count(value), 'warn'))

function outcomeRow(name: TextCell, counts: RequestCounts, model: ModelResult | undefined): TextCell[] {
  return [
    name,
    count(counts.arrived),
    count(counts.served),
    trouble(total(counts.rejected)),
    trouble(total(counts.failed)),
    trouble(counts.cancelled),
    trouble(counts.in_flight),
    model === undefined ? '' : share(model.rate_429),
    model === undefined ? '' : share(model.rate_5xx),
    model === undefined ? '' : cell(share(model.goodput), 'strong'),
    model?.ttft_within['5s'] === undefined ? '' : share(model.ttft_within['5s']),
  ]
}

export function outcomeTable(result: RunResult): Table {
  const models = Object.entries(result.models)
  return {
    columns: [
      left('model'),
      ...['arrived', 'served', 'rejected', 'failed', 'cancelled', 'in flight', '429', '5xx', 'goodput', '≤ 5 s'].map(
        right,
      ),
    ],
    rows: [
      ...models.map(([name, model]) => outcomeRow(name, model.requests, model)),
      ...(models.length === 1 ? [] : [outcomeRow(cell('all', 'dim'), result.requests, undefined)]),
    ],
  }
}

export function latencyTable(result: RunResult): Table {
  return {
    columns: [
      left('model'),
      ...['TTFT p50', 'p95', 'p99', 'queue p95', 'TPOT p50', 'decode p50', 'end to end p50', 'p95'].map(right),
    ],
    rows: Object.entries(result.models).map(([name, model]) => [
      name,
      ms(model.ttft_ms.p50),
      ms(model.ttft_ms.p95),
      ms(model.ttft_ms.p99),
      ms(model.queue_ms.p95),
      ms(model.tpot_ms.p50),
      formatValue(model.decode_tps.p50, 'tok/s'),
      ms(model.e2e_ms.p50),
      ms(model.e2e_ms.p95),
    ]),
  }
}

export function reasonTable(result: RunResult): Table | undefined {
  const rows = Object.entries(result.models).flatMap(([name, { requests }]) =>
    [...Object.entries(requests.rejected), ...Object.entries(requests.failed)]
      .filter(([, value]) => value > 0)
      .map(([reason, value]) => [
        name,
        reason,
        count(value),
        share(requests.arrived === 0 ? null : value / requests.arrived),
      ]),
  )
  if (rows.length === 0) return undefined
  return { columns: [left('model'), left('refused or failed because'), right('requests'), right('of arrived')], rows }
}

function fragmentation(result: RunResult): Table {
  return {
    columns: [left('model'), right('rejected while idle'), right('waited while idle'), right('idle and capable')],
    rows: Object.entries(result.fragmentation).map(([name, price]) => [
      name,
      trouble(price.rejected_while_idle),
      formatValue(price.waited_while_idle_s, 's'),
      formatValue(price.idle_capable_s, 'provider-s'),
    ]),
  }
}

/** One line per culprit that cost a victim at least a hundredth of a second per served request, and all credits. */
function interference(result: RunResult): Table | undefined {
  const rows = Object.entries(result.interference).flatMap(([victim, culprits]) => {
    const served = result.models[victim]?.requests.served ?? 0
    if (served === 0) return []
    const each = (seconds: number): TextCell =>
      Math.abs(seconds / served) < 0.000_5 ? cell('-', 'dim') : formatValue((seconds / served) * 1_000, 'ms')
    return Object.entries(culprits)
      .map(([culprit, parts]) => ({ culprit, parts, sum: Object.values(parts).reduce((a, b) => a + b, 0) }))
      .filter(({ sum }) => Math.abs(sum / served) >= 0.01)
      .map(({ culprit, parts, sum }) => [
        victim,
        culprit === victim ? 'itself' : culprit,
        cell(formatValue((sum / served) * 1_000, 'ms'), culprit === 'none' ? 'plain' : 'strong'),
        each(parts.gpu_s),
        each(parts.memory_s),
        each(parts.thermal_s),
        each(parts.load_s),
        each(parts.queue_s),
      ])
  })
  if (rows.length === 0) return undefined
  return {
    columns: [left('model'), left('delayed by'), ...['in all', 'GPU', 'memory', 'heat', 'loads', 'queue'].map(right)],
    rows,
  }
}

/** As the coordinator's gauges have them, over time; a pool may change its machines without changing its size. */
function pools(result: RunResult): Table {
  return {
    columns: [left('pool'), ...['assigned', 'warm', 'serving', 'active requests'].map(right)],
    rows: Object.entries(result.pools).map(([name, pool]) => [
      name,
      formatNumber(pool.assigned_providers, 1),
      formatNumber(pool.warm_providers, 1),
      formatNumber(pool.serving_providers, 1),
      formatNumber(pool.active_requests, 1),
    ]),
  }
}

export function upstreamTable(result: RunResult): Table | undefined {
  const rows = Object.entries(result.upstream).map(([name, seen]) => [
    name,
    share(seen.uptime),
    count(seen.users),
    count(seen.attempts),
    formatNumber(seen.attempts_per_user, 2),
    trouble(seen.failed_over),
    trouble(seen.elsewhere),
    share(seen.share),
  ])
  if (rows.length === 0) return undefined
  const heads = ['uptime', 'user requests', 'attempts here', 'per user', 'failed over', 'elsewhere', 'share of traffic']
  return { columns: [left('model'), ...heads.map(right)], rows }
}

/** Classes of uptime in which a model spent time, longest first: `normal 80 %, down 20 %`. */
const standings = (standing: { readonly [name: string]: number }): string =>
  Object.entries(standing)
    .filter(([, time]) => time > 0)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, time]) => `${name} ${share(time)}`)
    .join(', ')

/** What users got and lost, and what Macs worked for nobody. */
function worth(result: RunResult): Table | undefined {
  const rows = Object.entries(result.upstream).map(([name, seen]) => {
    const { wasted_tokens } = result.models[name]!
    return [
      name,
      count(seen.served),
      share(seen.goodput),
      ms(seen.ttft_ms.p50),
      trouble(seen.lost),
      trouble(seen.lost_tokens.prompt + seen.lost_tokens.completion),
      trouble(wasted_tokens.prompt + wasted_tokens.completion),
      formatValue(seen.earned_usd, 'USD'),
      formatValue(seen.lost_usd, 'USD'),
      standings(seen.standing),
    ]
  })
  if (rows.length === 0) return undefined
  const heads = ['users served', 'in SLO', 'TTFT p50', 'lost', 'tokens lost', 'tokens wasted', 'earned', 'lost'].map(
    right,
  )
  return { columns: [left('model'), ...heads, left('uptime class by time')], rows }
}

const times = (factor: number): string => `× ${formatNumber(factor, 3)}`

/** What the Macs were taken to be, where the model was played with its errors. */
function modelError({ meta }: RunResult): Table | undefined {
  if (meta.model_error === undefined) return undefined
  return {
    columns: [left('Macs'), ...['decode rate', 'prefill rate', 'cost of further rows', 'time of a load'].map(right)],
    rows: Object.entries(meta.model_error).map(([macClass, { decode, prefill, batch, load }]) => [
      macClass,
      times(decode),
      times(prefill),
      times(batch),
      times(load),
    ]),
  }
}

/** What a policy counted and measured itself. */
function ownMetrics(result: RunResult): Table | undefined {
  const rows = Object.entries(result.policy_metrics ?? {}).map(([name, { value }]) => [
    name,
    value === null ? '-' : formatNumber(value, Number.isInteger(value) ? 0 : 2),
  ])
  return { columns: [left("the policy's own"), right('value')], rows }
}

/** Every table that has a row, the most telling first. */
export function runSections(result: RunResult): readonly TitledTable[] {
  const sections: readonly (readonly [title: string, table: Table | undefined])[] = [
    ['What became of the requests (goodput and ≤ 5 s are shares of all that arrived)', outcomeTable(result)],
    ['How long the served ones took (a policy can improve these by refusing)', latencyTable(result)],
    ['Why requests were not served', reasonTable(result)],
    [
      'Delay per served request beyond its time alone on the same cool Mac (none: network, coordinator, retries)',
      interference(result),
    ],
    ['The price of isolation', fragmentation(result)],
    [`Pools: providers on average (moves between pools: ${count(result.pool_moves)})`, pools(result)],
    ['As the upstream router sees us', upstreamTable(result)],
    ['What the Macs were drawn to be, as multiples of what they are calibrated to', modelError(result)],
    ['What users got, what was lost and what Macs did for nobody', worth(result)],
    ['Counters (sums) and gauges (means over time) of the policy', ownMetrics(result)],
  ]
  return sections.flatMap(([title, table]) =>
    table === undefined || table.rows.length === 0 ? [] : [{ title, table }],
  )
}
