/** One run as text: its tables, how sure it is of itself, what the fleet did, and what it rests on. */
import { collapseOf } from '../../../lab/estimates/collapse-odds.ts'
import { type Steady, steadyGoodput } from '../../../lab/estimates/steady.ts'
import type { CollapseOutcome } from '../../../metrics/index.ts'
import type { RunResult } from '../../../metrics/result.ts'
import { type Paint, plainPaint } from '../../form/paint.ts'
import { formatTable, type Table, type TitledTable } from '../../form/table.ts'
import { formatMean, formatNumber, formatSpan, formatValue } from '../../form/unit.ts'
import { assumedLine } from '../assumed-text.ts'
import { latencyTable, outcomeTable, reasonTable, runSections, upstreamTable } from './run-tables.ts'

const share = (value: number | null): string => formatValue(value, 'share')
const count = (value: number): string => formatNumber(value, 0)

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

const parametersText = ({ policy }: RunResult): string =>
  policy.parameters === undefined
    ? ''
    : `; ${Object.entries(policy.parameters)
        .map(([name, value]) => `${name} ${String(value)}`)
        .join(', ')}`

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
    ...section('What became of the requests (goodput and ≤ 5 s are shares of all that arrived)', outcomeTable(result)),
    ...section('How long the served ones took', latencyTable(result)),
    ...section('Why requests were not served', reasonTable(result)),
    ...section('As the upstream router sees us', upstreamTable(result)),
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
