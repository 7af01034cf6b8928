/** What a machine says when it registers: the facts' own (coordinator-routing §15), but for what a test says of it. */
import type { BuildId } from '../../sim/base/ids.ts'
import type { AdvertisedModel, Registration } from '../../sim/protocol/index.ts'

/** A machine as far as its registration tells. */
export interface RegisteredSpec {
  readonly serial?: string
  readonly version?: string
  /** Benchmarks, tokens/s. */
  readonly decode?: number
  readonly prefill?: number
  readonly bandwidth_gbs?: number
  readonly memory_gb?: number
  readonly chipFamily?: string
  readonly account?: string
  readonly privateOnly?: boolean
  /** Models it says it may keep resident. */
  readonly maxSlots?: number
  readonly trust?: NonNullable<Registration['trust']>
  /** Default: model A, text only. */
  readonly models?: readonly (BuildId | AdvertisedModel)[]
}

/** A build on disk. */
export const onDisk = (build: BuildId, more: Partial<AdvertisedModel> = {}): AdvertisedModel => ({
  build,
  isVision: false,
  templateRenderOk: undefined,
  ...more,
})

export const advertised = (spec: RegisteredSpec, otherwise: BuildId): AdvertisedModel[] =>
  (spec.models ?? [otherwise]).map((model) => (typeof model === 'string' ? onDisk(model) : model))

export const registrationOf = (
  spec: RegisteredSpec & { readonly serial: string },
  models: readonly AdvertisedModel[],
): Registration => ({
  kind: 'register',
  serial: spec.serial,
  version: spec.version ?? '0.7.0',
  chip: 'M4 Max 40c',
  chipFamily: spec.chipFamily ?? 'M4',
  chipTier: 'Max',
  memory_gb: spec.memory_gb ?? 64,
  gpuCores: 40,
  memoryBandwidth_gbs: spec.bandwidth_gbs ?? 546,
  models,
  ...(spec.decode === undefined ? {} : { decodeTps: spec.decode }),
  ...(spec.prefill === undefined ? {} : { prefillTps: spec.prefill }),
  ...(spec.account === undefined ? {} : { account: spec.account }),
  ...(spec.privateOnly === undefined ? {} : { privateOnly: spec.privateOnly }),
  ...(spec.maxSlots === undefined ? {} : { maxModelSlots: spec.maxSlots }),
  ...(spec.trust === undefined ? {} : { trust: spec.trust }),
})
