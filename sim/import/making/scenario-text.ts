/** Scenarios as `fleetlab import` writes them: YAML that a person goes on with. */
import { MICROS_PER_SECOND } from '../../base/time.ts'
import type { ArrivalFit, QuantileGrid, TwinFit } from './twin.ts'

/** JSON's strings are YAML's, whatever the name; what needs no quotes has none. */
const word = (text: string): string =>
  /^[A-Za-z][\w.-]*(?: [\w.-]+)*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text)

const list = (items: readonly string[]): string => `[${items.map(word).join(', ')}]`
const percent = (share: number): string => `${Number((share * 100).toFixed(6))}%`

/** Rounded up to whole minutes: a run ends after its last request. */
function durationText(micros: number): string {
  const minutes = Math.floor(micros / (60 * MICROS_PER_SECOND)) + 1
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`
}

/** Longest run that a scenario takes. */
export const DURATION_MAX_US = 744 * 3_600 * MICROS_PER_SECOND - 1

export interface MacText {
  readonly serial: string
  readonly chip: string
  readonly memory_gb: number
  readonly advertises: readonly string[]
  readonly resident: readonly string[]
}

export interface AliasText {
  readonly name: string
  readonly desired: string
  readonly previous: string | undefined
}

export interface Heading {
  readonly name: string
  readonly about: string
  /** Of what the scenario rests on. */
  readonly comments: readonly string[]
  readonly duration_us: number
  readonly models: readonly string[]
  readonly aliases: readonly AliasText[]
}

function headingText({ name, about, comments, duration_us, models, aliases }: Heading): string {
  const lines = [
    ...comments.map((comment) => `# ${comment.replaceAll(/[\r\n]+/g, ' ')}`),
    `name: ${word(name)}`,
    `about: ${JSON.stringify(about)}`,
    `duration: ${durationText(Math.min(duration_us, DURATION_MAX_US))}`,
    `models: ${list(models)}`,
  ]
  if (aliases.length > 0) {
    lines.push('aliases:')
    for (const alias of aliases) {
      const previous = alias.previous === undefined ? '' : `, previous: ${word(alias.previous)}`
      lines.push(`  ${word(alias.name)}: {desired: ${word(alias.desired)}${previous}}`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** Models, names and Macs are the other's; its day was recorded, this one is drawn. */
const borrowedHeading = ({ name, about, comments }: Heading, from: string): string =>
  `${comments.map((comment) => `# ${comment}`).join('\n')}\nextends: ${from}\nname: ${word(`${name} twin`)}\nabout: ${JSON.stringify(about)}\nrecorded_day: null\n`

const macLine = ({ serial, chip, memory_gb, advertises, resident }: MacText): string =>
  `  - {id: ${word(serial)}, machine: {chip: ${chip}, memory: ${memory_gb}GB}, advertises: ${list(advertises)}${resident.length > 0 ? `, resident: ${list(resident)}` : ''}}\n`

export interface ReplayScenario extends Heading {
  readonly macs: readonly MacText[]
  readonly trace: string
  /** Of the trace's clock: when the run begins. */
  readonly timeZero: string
  readonly day: string
}

/** The day as it was recorded: every request as it came, on the Macs that were there. */
export const replayText = (scenario: ReplayScenario): string =>
  `${headingText(scenario)}fleet:\n${scenario.macs.map(macLine).join('')}demand:\n  - recorded: {trace: ${word(scenario.trace)}, time_zero: ${JSON.stringify(scenario.timeZero)}}\nrecorded_day: ${word(scenario.day)}\n`

export interface DemandScenario extends Heading {
  readonly trace: string
  /** What the log calls a model → what the scenario does; empty: one model for all. */
  readonly renamed: readonly (readonly [label: string, model: string])[]
  /** For logs that name no model. */
  readonly onlyModel: string | undefined
  /** Of requests that name none, among others that do. */
  readonly namelessModel: string | undefined
  /** One turn of the recording, microseconds: with its last request, and before its first comes again. */
  readonly turn_us: number
  /** Requests that cannot be replayed as a stream, having no rate: the run begins then, on the trace's clock. */
  readonly recordedFrom: string | undefined
  readonly prefix: { readonly hit_rate: number; readonly shared: number } | undefined
}

/** The log's requests, for a scenario that brings the Macs. */
export function demandText(scenario: DemandScenario): string {
  if (scenario.recordedFrom !== undefined) {
    const fallback = scenario.onlyModel ?? scenario.namelessModel
    const model = fallback === undefined ? '' : `, model: ${word(fallback)}`
    return `${headingText(scenario)}demand:\n  - recorded: {trace: ${word(scenario.trace)}, time_zero: ${JSON.stringify(scenario.recordedFrom)}${model}}\n`
  }
  const mix =
    scenario.onlyModel !== undefined
      ? `{${word(scenario.onlyModel)}: 100%}`
      : scenario.renamed.length === 0
        ? 'from trace'
        : `{from: trace, as: {${scenario.renamed.map(([label, model]) => `${word(label)}: ${word(model)}`).join(', ')}}}`
  const rows = scenario.onlyModel === undefined ? '' : ', rows: own'
  return `${headingText(scenario)}demand:\n  - arrivals: {trace: ${word(scenario.trace)}, start: 0}\n    until: ${scenario.turn_us / MICROS_PER_SECOND}s\n    mix: ${mix}\n    lengths: {from: trace${rows}}\n${prefixText(scenario.prefix)}`
}

const prefixText = (prefix: DemandScenario['prefix']): string =>
  prefix === undefined
    ? ''
    : `mac: {prefix_cache: {hit_rate: ${percent(prefix.hit_rate)}, shared: ${percent(prefix.shared)}}}\n`

export interface TwinScenario extends Heading {
  /** The scenario that brings the Macs; undefined: another file will. */
  readonly macsFrom: string | undefined
  readonly fit: TwinFit
  /** Shares that sum to 1. */
  readonly mix: readonly (readonly [model: string, share: number])[]
  readonly prefix: DemandScenario['prefix']
}

/** A stream of the same figures, drawn anew for every seed. */
export const twinText = (scenario: TwinScenario): string =>
  `${scenario.macsFrom === undefined ? headingText(scenario) : borrowedHeading(scenario, scenario.macsFrom)}demand:\n  - arrivals: ${arrivalsText(scenario.fit.arrivals)}\n    mix: {${mixText(scenario.mix)}}\n    lengths:\n      prompt: ${quantilesText(scenario.fit.prompt)}\n      output: ${quantilesText(scenario.fit.output)}\n${prefixText(scenario.prefix)}`

const rateText = (rate: number): string =>
  `${Number(rate.toPrecision(6)).toFixed(9).replace(/0+$/, '').replace(/\.$/, '')}/s`

const arrivalsText = (fit: ArrivalFit): string =>
  fit.kind === 'poisson'
    ? `{poisson: ${rateText(fit.rate_per_s)}}`
    : `{cox: {rate: ${rateText(fit.rate_per_s)}, sd: ${Number(fit.sd.toFixed(4))}, time_constant: ${fit.time_constant_s}s, cv: ${fit.cv}}}`

const quantilesText = (quantiles: QuantileGrid): string =>
  `{quantiles: [${quantiles.map(([p, tokens]) => `[${p}, ${tokens}]`).join(', ')}]}`

/** In parts of a million that add up: the largest takes what rounding leaves. */
function mixText(mix: readonly (readonly [string, number])[]): string {
  const sorted = mix.toSorted((a, b) => b[1] - a[1])
  const parts = sorted.map(([, share]) => Math.round(share * 1e6))
  parts[0]! += 1e6 - parts.reduce((sum, part) => sum + part, 0)
  return sorted
    .map(([model], i) => [model, parts[i]!] as const)
    .filter(([, part]) => part > 0)
    .map(([model, part]) => `${word(model)}: ${percent(part / 1e6)}`)
    .join(', ')
}
