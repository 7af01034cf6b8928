/**
 * The Mac model against every published measurement: each figure is played on the real engine (or on the pure part of
 * the model it belongs to) and compared. Rows that miss stay; groups have targets where a prediction is possible.
 */
import { must } from '../../base/assert.ts'
import type { ChipSpec } from '../../catalog/chip.ts'
import { findChassis, findChip, thermalSpec } from '../../catalog/index.ts'
import {
  type Experiment,
  type PublishedFigure,
  type GroupName,
  type LlamaRow,
  type PublishedMeasurement,
  measurements,
} from '../../catalog/measurements/index.ts'
import type { ModelSpec } from '../../catalog/model.ts'
import { findAnyModel } from '../../catalog/reference-models.ts'
import { macSettingsSchema } from '../../mac/config.ts'
import { heatLaw, IDLE_W, playHeat } from '../../mac/condition/heat.ts'
import { medianLoad } from '../../mac/loading/load-time.ts'
import { neighbourCost } from '../../mac/condition/neighbour.ts'
import { FULL_PACE } from '../../mac/engine/law/pace.ts'
import {
  afterIdling,
  Bench,
  type BenchOptions,
  decodeBeside,
  decodeRate,
  prefillSpeed,
  timeToFirst,
} from './calibrate-bench.ts'
import { fittedConstants, fitWithout } from './calibrate-fit.ts'

export interface CalibrationRow {
  readonly id: string
  readonly group: GroupName
  /** Nearest end of the published range, or the figure itself. */
  readonly measured: number
  readonly range?: readonly [low: number, high: number]
  readonly simulated: number
  readonly unit: PublishedMeasurement['unit']
  /** Relative; 0 inside a published range. */
  readonly error: number
  readonly fitted: readonly string[]
  /** Relative; null: the group has no target. */
  readonly tolerance: number | null
  /** null: there is nothing to pass. */
  readonly passed: boolean | null
  readonly source: string
  readonly note?: string
}

export interface GroupSummary {
  /** A group, or several together. */
  readonly group: GroupName | keyof typeof TOGETHER
  readonly rows: number
  /** Of the absolute relative errors. */
  readonly median: number
  /** The row that is off by most. */
  readonly worst: Pick<CalibrationRow, 'id' | 'error'>
  /** Share of rows within the tolerance; of groups without one, null. */
  readonly within: number | null
  readonly target: Target | null
  readonly met: boolean | null
}

interface Target {
  readonly median: number | null
  /** So large a share of rows ... */
  readonly share: number
  /** ... is within this. */
  readonly tolerance: number
}

export interface CalibrateResult {
  readonly format: 'fleetlab.calibrate/1'
  readonly groups: readonly GroupSummary[]
  readonly rows: readonly CalibrationRow[]
}

const DECODE: Target = { median: 0.05, share: 0.9, tolerance: 0.1 }
const PREFILL: Target = { median: 0.07, share: 0.9, tolerance: 0.15 }
const BATCH: Target = { median: null, share: 0.9, tolerance: 0.1 }

const TARGETS: { readonly [group in GroupName]: Target | null } = {
  'llama.cpp decode': DECODE,
  'llama.cpp prefill': PREFILL,
  decode: DECODE,
  batch: BATCH,
  'large batch': null,
  prefill: PREFILL,
  'prefill in a batch': PREFILL,
  prefix: null,
  production: null,
  heat: null,
  'co-residency': null,
  'cold load': null,
  'after idling': null,
}

/** What the targets were set for as a whole; the groups in it are judged by the same target one by one as well. */
const TOGETHER = {
  'all decode': ['llama.cpp decode', 'decode'],
  'all prefill': ['llama.cpp prefill', 'prefill', 'prefill in a batch'],
} as const satisfies { readonly [name: string]: readonly GroupName[] }

const SETTINGS = macSettingsSchema.parse({})
/** Template and tokenising before the engine has a request, seconds. */
const PREPARE_S = SETTINGS.prepare_time / 1e6

const chipNamed = (name: string): ChipSpec => must(findChip(name), `calibrate: ${name} is in the catalogue`)
const modelNamed = (name: string): ModelSpec => must(findAnyModel(name), `calibrate: ${name} is in the catalogue`)

export function calibrate(): CalibrateResult {
  const rows = measurements.map(rowOf)
  const single = (Object.keys(TARGETS) as readonly GroupName[]).map((group) => summaryOf(group, [group], rows))
  const together = (Object.keys(TOGETHER) as readonly (keyof typeof TOGETHER)[]).map((group) =>
    summaryOf(group, TOGETHER[group], rows),
  )
  return { format: 'fleetlab.calibrate/1', groups: [...together, ...single], rows }
}

function rowOf(measurement: PublishedMeasurement): CalibrationRow {
  const { id, group, unit, source, fitted, note } = measurement
  const simulated = simulate(measurement.how)
  const measured = nearest(measurement.measured, simulated)
  const error = simulated / measured - 1
  const tolerance = TARGETS[group]?.tolerance ?? null
  return {
    id,
    group,
    measured,
    ...(typeof measurement.measured !== 'number' && { range: measurement.measured }),
    simulated,
    unit,
    error,
    fitted,
    tolerance,
    passed: tolerance === null ? null : Math.abs(error) <= tolerance,
    source,
    ...(note !== undefined && { note }),
  }
}

/** What a simulated value is compared with: itself inside a published range, else the nearer end. */
function nearest(figure: PublishedFigure, simulated: number): number {
  if (typeof figure === 'number') return figure
  return Math.min(figure[1], Math.max(figure[0], simulated))
}

function summaryOf(
  group: GroupSummary['group'],
  members: readonly GroupName[],
  all: readonly CalibrationRow[],
): GroupSummary {
  const rows = all.filter((row) => members.includes(row.group))
  const errors = rows.map((row) => Math.abs(row.error)).toSorted((a, b) => a - b)
  const middle = errors.length / 2
  const median = (errors[Math.ceil(middle) - 1]! + errors[Math.floor(middle)]!) / 2
  const { id, error } = rows.reduce((worst, row) => (Math.abs(row.error) > Math.abs(worst.error) ? row : worst))
  const about = { group, rows: rows.length, median, worst: { id, error } }
  const target = TARGETS[members[0]!]
  if (target === null) return { ...about, within: null, target, met: null }
  const within = rows.filter((row) => row.passed).length / rows.length
  const met = within >= target.share && (target.median === null || median <= target.median)
  return { ...about, within, target, met }
}

function simulate(how: Experiment): number {
  switch (how.kind) {
    case 'heat':
      return heatSpeed(how)
    case 'load':
      return loadSeconds(how)
    case 'wake':
      return wakeSeconds(how)
    default:
      return onBench(how)
  }
}

function onBench(how: Exclude<Experiment, { readonly kind: 'heat' | 'load' | 'wake' }>): number {
  const chip = chipNamed(how.chip)
  const model = modelNamed(how.model)
  const options: BenchOptions = { chip, engine: how.engine ?? '2026-07', ...predicted(model, chip) }
  const ttft_ms = (tokens: number, restored = 0) => (timeToFirst(options, model, tokens, restored) + PREPARE_S) * 1_000
  switch (how.kind) {
    case 'decode':
      return decodeRate(options, model, how.rows ?? 1, how.context ?? 0)
    case 'scaling':
      return decodeRate(options, model, how.rows, 0) / decodeRate(options, model, 1, 0)
    case 'prefill':
      return prefillSpeed(options, model, how.tokens)
    case 'ttft':
      return ttft_ms(how.tokens, how.restored)
    case 'saving':
      return ttft_ms(how.tokens) - ttft_ms(how.tokens, how.restored)
    case 'slope':
      return (ttft_ms(how.to) - ttft_ms(how.from)) / (how.to - how.from)
    case 'burst':
      return burst(options, model, how)
    case 'beside_tps':
      return decodeBeside(options, model, modelNamed(how.neighbour), how.does)
    case 'beside':
      return decodeBeside(options, model, modelNamed(how.neighbour), how.does) / decodeRate(options, model, 1, 0)
    case 'process': {
      const { decode_pct, prefill_pct } = neighbourCost(how.process, how.macos)
      const pace = { ...FULL_PACE, processDecode_pct: decode_pct, processPrefill_pct: prefill_pct }
      const rate = (each: BenchOptions) =>
        how.of === 'decode' ? decodeRate(each, model, 1, 0) : prefillSpeed(each, model, 2_048)
      return rate({ ...options, pace }) / rate(options)
    }
  }
}

/** Of the llama.cpp table: constants learnt from other families. */
function predicted(model: ModelSpec, chip: ChipSpec): Pick<BenchOptions, 'constants'> {
  const quantisation = /^llama-2-7b-(f16|q8_0|q4_0)$/.exec(model.build)?.[1] as LlamaRow['quantisation'] | undefined
  if (quantisation === undefined) return {}
  const fit = fitWithout(chip)
  return { constants: (on, of) => fittedConstants(fit, on, of, quantisation) }
}

function burst(options: BenchOptions, model: ModelSpec, how: Extract<Experiment, { readonly kind: 'burst' }>): number {
  const bench = new Bench({ ...options, prefillOrder: how.order ?? 'fcfs' })
  const engine = bench.engine(model)
  const starts = [0, 1, 2, 3].map((place) => (place * how.gap_ms) / 1_000)
  const row = { promptTokens: how.tokens, outputTokens: how.output }
  const keys = starts.map((at) => bench.ask(engine, at + PREPARE_S, row))
  bench.run()
  const times = keys.map((key) => bench.timesOf(key))
  const rate = (place: number) => (how.output - 1) / (times[place]!.end - times[place]!.first)
  switch (how.of) {
    case 'first_ttft_s':
      return times[0]!.first
    case 'last_ttft_s':
      return times[3]!.first - starts[3]!
    case 'first_decode_tps':
      return rate(0)
    case 'last_decode_tps':
      return rate(3)
    case 'makespan_s':
      return Math.max(...times.map(({ end }) => end))
  }
}

function heatSpeed(how: Extract<Experiment, { readonly kind: 'heat' }>): number {
  const chassis = must(findChassis(how.chassis), `calibrate: ${how.chassis} is in the catalogue`)
  const spec = must(thermalSpec(chassis, chipNamed(how.chip)), 'calibrate: the chip is sold in the chassis')
  const law = heatLaw(spec, { ambient_c: 25, lid: how.lid ?? 'open', power_mode: how.mode ?? 'automatic' })
  const phases = how.phases.map(({ power, work_s, rest_s }) => {
    const phase_w = Math.max(IDLE_W, power * law.full)
    return rest_s === undefined ? { phase_w, work_s: work_s ?? 0 } : { phase_w, rest_s }
  })
  return must(playHeat(law, phases).at(-1), 'calibrate: a heat run has phases').speed
}

function loadSeconds({ chip, gigabytes, cached, of }: Extract<Experiment, { readonly kind: 'load' }>): number {
  const fileBytes = gigabytes * 1e9
  const work = {
    fileBytes,
    cachedBytes: cached ? fileBytes : 0,
    ssd_gbs: chipNamed(chip).ssd_gbs.value,
    hashes: of === 'hash',
  }
  const parts = medianLoad(work, SETTINGS)
  if (of === 'hash') return parts.hash
  if (of === 'prepare') return parts.prepare
  const read = parts.readCold + parts.readCached
  return of === 'read' ? read : read + parts.prepare
}

function wakeSeconds({ chip, model, gigabytes }: Extract<Experiment, { readonly kind: 'wake' }>): number {
  const residentBytes = { ...modelNamed(model).residentBytes, value: gigabytes * 1e9 }
  return afterIdling({ chip: chipNamed(chip), engine: '2026-06' }, { ...modelNamed(model), residentBytes }, SETTINGS)
}

/** The committed report, as far as it is compared. */
export interface CommittedRow {
  readonly id: string
  readonly simulated: number
}

export interface Moved {
  readonly id: string
  /** undefined: the row is new, or gone. */
  readonly was: number | undefined
  readonly is: number | undefined
}

/** Simulations are deterministic, so a row has moved when it differs at all; the last digits are left to number formats. */
const SAME = 1e-9

export function movedRows(committed: readonly CommittedRow[], result: CalibrateResult): readonly Moved[] {
  const before = new Map(committed.map((row) => [row.id, row.simulated]))
  const now = new Map(result.rows.map((row) => [row.id, row.simulated]))
  const moved: Moved[] = []
  for (const [id, is] of now) {
    const was = before.get(id)
    if (was === undefined || Math.abs(is / was - 1) > SAME) moved.push({ id, was, is })
  }
  for (const [id, was] of before) if (!now.has(id)) moved.push({ id, was, is: undefined })
  return moved
}
