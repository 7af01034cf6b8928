/**
 * A model of the scenario: a name of the catalog, or an entry of its own that names a catalog model it is `like` and
 * whatever differs. `like` is required, because a model has a dozen numbers of which an author usually knows three.
 */
import { z } from 'zod'
import type { BuildId } from '../../base/ids.ts'
import { bytesWithin, label, name, wholeWithin, within } from '../../base/config.ts'
import { type ByName, byNameFrom } from '../../base/names.ts'
import { type EngineVersion, findModel, type ModelSpec, type Sourced } from '../../catalog/index.ts'

/** Four times the largest memory of any Mac. */
const modelBytes = (min = '1MB') => bytesWithin(min, '2TB')
const tokens = () => wholeWithin(1, 1_000_000_000)
/** Per layer and expert; far beyond any model. */
const experts = () => wholeWithin(1, 100_000)

const readingSchema = z
  .union([
    z.strictObject({ dense: modelBytes().describe('Bytes every decode step reads.') }),
    z.strictObject({
      experts: z
        .strictObject({
          shared: modelBytes().describe('Bytes every decode step reads whatever the experts.'),
          per_expert: modelBytes('1kB').describe('Bytes of one expert over all layers.'),
          count: experts(),
          per_token: experts(),
        })
        .refine(({ count, per_token }) => per_token <= count, {
          path: ['per_token'],
          error: 'must be at most `count`',
        }),
    }),
  ])
  .describe('What a decode step reads of the weights.')

export const modelEntrySchema = z.union([
  name().describe('A model of the catalog.'),
  z
    .strictObject({
      build: name().describe('Name of the build.'),
      like: name().describe('The catalog model it takes everything else from.'),
      size: modelBytes().optional().describe('On disk: the file, and what the coordinator’s catalog says.'),
      min_ram: modelBytes('0')
        .optional()
        .describe('min_ram_gb of the coordinator’s catalog, in decimal GB; 0 = unknown.'),
      resident: modelBytes().optional().describe('In memory once loaded. Absent: that of `like`, at most `size`.'),
      kv_per_token: bytesWithin('0', '8MiB').optional().describe('KV the token budget charges for one token.'),
      kv_read_per_1k_ms: within(0, 100).optional().describe('Step time per 1,000 tokens of context at 546GB/s, ms.'),
      context_limit: tokens().optional(),
      max_output: tokens().optional().describe('Injected as max_tokens when the client gave none.'),
      vision: z.boolean().optional(),
      reading: readingSchema.optional(),
      prefill_per_tflop: within(0.1, 1_000_000_000)
        .optional()
        .describe('Prefill tokens/s per TFLOP/s (FP32), at 2k tokens.'),
      weight_hash: label()
        .optional()
        .describe('What its files must hash to, for the coordinator to accept a copy of it; absent: whatever they do.'),
      prefill_half: within(100, 1_000_000_000)
        .optional()
        .describe('Prompt length at which the prefill rate has halved, tokens.'),
    })
    .describe('A model of your own.'),
])

export type ModelEntry = z.output<typeof modelEntrySchema>
type OwnModel = Exclude<ModelEntry, string>

export const buildOf = (entry: ModelEntry): string => (typeof entry === 'string' ? entry : entry.build)
/** The catalog model an entry rests on. */
export const catalogNameOf = (entry: ModelEntry): string => (typeof entry === 'string' ? entry : entry.like)

/** undefined when the catalog model does not exist. */
export function modelSpecOf(entry: ModelEntry): ModelSpec | undefined {
  const base = findModel(catalogNameOf(entry))
  return base === undefined || typeof entry === 'string' ? base : overridden(base, entry)
}

/** What the coordinator's catalog pins, by build; those that it does not are left out. */
export const pinnedHashes = (entries: readonly ModelEntry[]): ByName<string> =>
  byNameFrom(
    entries.flatMap((entry) =>
      typeof entry === 'string' || entry.weight_hash === undefined ? [] : [[entry.build, entry.weight_hash] as const],
    ),
  )

const DECIMAL_GB = 1e9

function overridden(base: ModelSpec, own: OwnModel): ModelSpec {
  const size = stated(own.size)
  return {
    ...base,
    build: own.build as BuildId,
    publicName: own.build,
    size_gb: stated(own.size, DECIMAL_GB) ?? base.size_gb,
    diskBytes: size ?? base.diskBytes,
    minRam_gb: stated(own.min_ram, DECIMAL_GB) ?? base.minRam_gb,
    residentBytes: stated(own.resident) ?? residentOf(base, size),
    kvBytesPerToken: stated(own.kv_per_token) ?? base.kvBytesPerToken,
    kvReadPer1kTokens_ms: stated(own.kv_read_per_1k_ms) ?? base.kvReadPer1kTokens_ms,
    contextLimit: stated(own.context_limit) ?? base.contextLimit,
    maxOutput: stated(own.max_output) ?? base.maxOutput,
    isVision: own.vision ?? base.isVision,
    reading: own.reading === undefined ? base.reading : everyEngine(fromScenario(readingOf(own.reading))),
    denseParameters: own.reading === undefined ? base.denseParameters : denseParametersOf(base, own.reading),
    prefillPerTflop: stated(own.prefill_per_tflop) ?? base.prefillPerTflop,
    prefillHalf: stated(own.prefill_half) ?? base.prefillHalf,
  }
}

/** Of a model that is smaller than the one it is like: no more than what is read from the disk. */
function residentOf(base: ModelSpec, size: Sourced<number> | undefined): Sourced<number> {
  return size !== undefined && size.value < base.residentBytes.value ? size : base.residentBytes
}

/** A scenario's own reading holds whatever the program. */
function everyEngine(reading: ModelSpec['reading'][EngineVersion]): ModelSpec['reading'] {
  return { '2026-06': reading, '2026-07': reading }
}

function readingOf(reading: NonNullable<OwnModel['reading']>): ModelSpec['reading']['2026-06']['value'] {
  if ('dense' in reading) return { kind: 'dense', bytesPerStep: reading.dense }
  const { shared, per_expert, count, per_token } = reading.experts
  return {
    kind: 'experts',
    sharedBytes: shared,
    bytesPerExpert: per_expert,
    experts: count,
    expertsPerToken: per_token,
  }
}

/** At the bits per weight of the model it is like. */
function denseParametersOf(base: ModelSpec, reading: NonNullable<OwnModel['reading']>): Sourced<number> {
  const bytes = 'dense' in reading ? reading.dense : reading.experts.shared
  return fromScenario((base.denseParameters.value / sharedBytesOf(base)) * bytes)
}

function sharedBytesOf({ reading }: ModelSpec): number {
  const { value } = reading['2026-07']
  return value.kind === 'dense' ? value.bytesPerStep : value.sharedBytes
}

const fromScenario = <T>(value: T): Sourced<T> => ({ value, evidence: 'assumed', source: 'scenario' })

function stated(value: number | undefined, unit = 1): Sourced<number> | undefined {
  return value === undefined ? undefined : fromScenario(value / unit)
}
