/** One run as text: what became of the requests first, then how long they took, then what it cost the fleet. */
import { collapseOf } from '../../lab/estimates/collapse-odds.ts'
import { type Steady, steadyGoodput } from '../../lab/estimates/steady.ts'
import type { CollapseOutcome } from '../../metrics/index.ts'
import type { ModelResult, RequestCounts, RunResult } from '../../metrics/result.ts'
import { assumedLine } from './assumed-text.ts'
import { type TextCell, cell, type Paint, plainPaint } from '../form/paint.ts'
import { type TableColumn, formatTable, type Table } from '../form/table.ts'
import { formatMean, formatNumber, formatValue } from '../form/unit.ts'

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

function outcomes(result: RunResult): Table {
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

function latencies(result: RunResult): Table {
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

function reasons(result: RunResult): Table | undefined {
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

function upstream(result: RunResult): Table | undefined {
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

/** `warm pool 120, swap 3`: most first. */
function loadCauses({ by_cause }: RunResult['loads']): string {
  const causes = Object.entries(by_cause).filter(([, sum]) => sum.count > 0)
  if (causes.length === 0) return ''
  const each = causes
    .toSorted(([, a], [, b]) => b.count - a.count)
    .map(([cause, sum]) => `${cause.replace('_', ' ')} ${count(sum.count)}`)
  return ` (by cause: ${each.join(', ')})`
}

function energyLine({ energy, revenue }: RunResult): readonly string[] {
  const { gpu_kwh, gpu_wh_per_1k_tokens } = energy
  const money = `earned ${formatValue(revenue.earned_usd, 'USD')}, lost ${formatValue(revenue.lost_usd, 'USD')} at catalogue prices (assumed)`
  if (gpu_kwh === null) return [money]
  const each =
    gpu_wh_per_1k_tokens === null ? '' : `, ${formatValue(gpu_wh_per_1k_tokens, 'Wh')} per 1,000 tokens served`
  return [`${money}; GPUs drew ${formatValue(gpu_kwh, 'kWh')}${each} (assumed power)`]
}

function fleet(result: RunResult): string {
  const { providers, loads, audit } = result
  const heat = Object.entries(providers.thermal)
    .filter(([, time]) => time > 0)
    .map(([state, time]) => `${state} ${share(time)}`)
  const faults = Object.entries(result.faults).map(([what, times]) => `${what.replace('_', ' ')} ${count(times)}`)
  const heldBack = [
    ...(providers.throttled_share > 0
      ? [`held back by heat ${share(providers.throttled_share)} of the time, mean clock ${share(providers.speed)}`]
      : []),
    ...(providers.squeezed_share > 0 ? [`short of memory ${share(providers.squeezed_share)} of the time`] : []),
  ]
  const parts = [
    `${count(providers.count)} providers: busy ${share(providers.busy_share)}, idle ${share(providers.idle_share)}`,
    ...(heldBack.length === 0 ? [] : [`Macs: ${heldBack.join('; ')}`]),
    ...(heat.length === 0 ? [] : [`heat as reported: ${heat.join(', ')}`]),
    ...(faults.length === 0 ? [] : [`faults: ${faults.join(', ')}`]),
    `loads: ${count(loads.count)} in ${formatValue(loads.seconds, 's')}, ${count(loads.failed)} failed${loadCauses(loads)}; evictions: ${count(result.evictions)}; pool moves: ${count(result.pool_moves)}`,
    ...energyLine(result),
    `provider-seconds with several resident models: ${formatNumber(audit.providers_with_multiple_resident_slots, 0)}, with several active pools: ${formatNumber(audit.providers_with_multiple_active_pools, 0)}`,
  ]
  return parts.join('\n')
}

/** `1h 10m`, `90 s`: as a person would say it. */
export function formatSpan(seconds: number): string {
  if (seconds < 120) return `${formatNumber(seconds, Number.isInteger(seconds) ? 0 : 1)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
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

const parametersText = ({ policy }: RunResult): string =>
  policy.parameters === undefined
    ? ''
    : `; ${Object.entries(policy.parameters)
        .map(([name, value]) => `${name} ${String(value)}`)
        .join(', ')}`

const COLLAPSE_WORDS: { readonly [outcome in CollapseOutcome]: string } = {
  held: 'held throughout',
  recovered: 'fell and came back',
  collapsed: 'fell and stayed down',
  never_up: 'never came up',
  unresolved: 'fell too late to tell',
  unknown: '',
}

/** How each model's service went as a whole, and what this run alone can say of its goodput. */
export function surenessLines(result: RunResult): readonly string[] {
  return Object.entries(steadyGoodput(result)).flatMap(([model, found]) => {
    const { outcome, onset_s } = collapseOf(result, model)
    const ended =
      outcome === 'unknown'
        ? []
        : [onset_s === null ? COLLAPSE_WORDS[outcome] : `${COLLAPSE_WORDS[outcome]}, from ${formatSpan(onset_s)} on`]
    const parts = [...ended, ...steadyText(found)]
    return parts.length === 0 ? [] : [`${model}: ${parts.join('; ')}`]
  })
}

function steadyText(found: Steady): readonly string[] {
  if (found.kind === 'interval') {
    const { mean, ci95, batches, batch_s } = found
    return [
      `goodput of this run alone ${formatMean({ mean, ci95 }, 'share')}, from ${batches} batches of ${formatSpan(batch_s)}`,
    ]
  }
  if (found.why === 'drifts') return ['no interval from this run alone: it drifts']
  return found.why === 'too_bumpy' ? ['no interval from this run alone: its ups and downs last too long'] : []
}

interface TitledTable {
  readonly title: string
  readonly table: Table
}

/** Every table that has a row, the most telling first. */
export function runSections(result: RunResult): readonly TitledTable[] {
  const sections: readonly (readonly [title: string, table: Table | undefined])[] = [
    ['What became of the requests (goodput and ≤ 5 s are shares of all that arrived)', outcomes(result)],
    ['How long the served ones took (a policy can improve these by refusing)', latencies(result)],
    ['Why requests were not served', reasons(result)],
    [
      'Delay per served request beyond its time alone on the same cool Mac (none: network, coordinator, retries)',
      interference(result),
    ],
    ['The price of isolation', fragmentation(result)],
    [`Pools: providers on average (moves between pools: ${count(result.pool_moves)})`, pools(result)],
    ['As the upstream router sees us', upstream(result)],
    ['What the Macs were drawn to be, as multiples of what they are calibrated to', modelError(result)],
    ['What users got, what was lost and what Macs did for nobody', worth(result)],
    ['Counters (sums) and gauges (means over time) of the policy', ownMetrics(result)],
  ]
  return sections.flatMap(([title, table]) =>
    table === undefined || table.rows.length === 0 ? [] : [{ title, table }],
  )
}

const SEEN_BY_CLIENTS =
  'seen by clients alone: what Macs and the coordinator did (loads, queues, use, delays by cause) is not known: `assumed` in --json lists it, and 0 stands there'

/** How much of what the coordinator says of itself could be told in rows. */
function ledgerLines(meta: RunResult['meta'], told: (name: string) => string): readonly string[] {
  if (meta['ledger_routes'] === undefined) return []
  const of = (name: string): string => told(`ledger_${name}`)
  return [
    `the coordinator's ledger: ${of('routes')} routes and ${of('rejections')} refusals, ${of('decisions')} decisions in the trace`,
    `  requests tied to it: ${of('tied_by_macs')} as Macs of ours were handed them, ${of('tied_by_answers')} by the name in the answer, ${of('tied_by_fit')} by what was asked and when`,
    `  not tied: ${of('strange')} names of nobody here, ${of('ambiguous')} that fit several requests; ${of('untold')} requests without a row`,
  ]
}

/** Of a run before a real coordinator: what could be seen, and nothing else. */
export function formatPlayed(result: RunResult, paint: Paint = plainPaint): string {
  const seesMacs = result.meta['sees_macs'] === 1
  const section = (head: string, table: Table | undefined): string[] =>
    table === undefined || table.rows.length === 0 ? [] : ['', paint('dim', head), formatTable(table, paint)]
  const told = (name: string): string => {
    const value = result.meta[name]
    return typeof value === 'number' ? formatNumber(value, 0) : '?'
  }
  return [
    `${paint('strong', result.scenario.name)}  before a ${paint('strong', 'real coordinator')}, seed ${result.seed}`,
    paint('dim', `${formatSpan(result.simulated_s)} by the clock, the first ${formatSpan(result.warmup_s)} left out`),
    ...section('What became of the requests (goodput and ≤ 5 s are shares of all that arrived)', outcomes(result)),
    ...section('How long the served ones took', latencies(result)),
    ...section('Why requests were not served', reasons(result)),
    ...section('As the upstream router sees us', upstream(result)),
    '',
    ...ledgerLines(result.meta, told),
    ...(seesMacs
      ? [`loads: ${count(result.loads.count)}, ${count(result.loads.failed)} failed`]
      : [paint('dim', SEEN_BY_CLIENTS)]),
    paint(
      'dim',
      `late by more than 10 ms: ${told('late')} of ${told('instants')} instants, at worst ${told('worst_late_ms')} ms`,
    ),
  ].join('\n')
}

export function formatRun(result: RunResult, paint: Paint = plainPaint): string {
  const title = `${paint('strong', result.scenario.name)}  policy ${paint('strong', result.policy.name)}, seed ${result.seed}${parametersText(result)}`
  const extent = paint(
    'dim',
    `${formatSpan(result.simulated_s)} simulated, the first ${formatSpan(result.warmup_s)} left out; ${formatNumber(result.events, 0)} events`,
  )
  const section = ({ title: head, table }: TitledTable): string[] => ['', paint('dim', head), formatTable(table, paint)]
  const [became, ...others] = runSections(result)
  return [
    title,
    extent,
    ...(became === undefined ? [] : section(became)),
    ...surenessLines(result).map((line) => paint('dim', line)),
    ...others.flatMap(section),
    '',
    fleet(result),
    ...(result.assumed.length === 0
      ? []
      : ['', paint('dim', 'Assumed: what these figures rest on and nobody published')]),
    ...result.assumed.map((input) => `- ${assumedLine(input)}`),
    ...result.warnings.map((warning) => paint('warn', `warning: ${warning}`)),
    paint('dim', `digest ${result.digest}`),
  ].join('\n')
}
