/**
 * What a Mac offers: the builds on its disk, those of them it advertises, how many it may hold at once, and how it
 * introduces itself (provider-runtime 2, 7, 8).
 *
 * Assumed: what was fetched and what was dropped while a program ran stays so for that program only. A fresh one offers
 * what its owner chose, and is brought to the desired builds anew, from the disk.
 */
import type { BuildId } from '../../base/ids.ts'
import type { ModelSpec } from '../../catalog/model.ts'
import type { AdvertisedModel, Registration } from '../../protocol/index.ts'
import type { NewProgram } from '../config.ts'
import type { MacOptions } from '../machine.ts'
import { estimatedBytes } from '../memory/memory.ts'
import { GOOD_PROVIDER, type ProviderAttributes } from './provider/config.ts'

const GIB = 2 ** 30

export class ModelOffer {
  /** What the owner chose and the start-up scan kept, in advertised order. */
  readonly chosen: readonly ModelSpec[]
  advertised: readonly ModelSpec[]
  /** What attestation says of it. */
  trust: ProviderAttributes['trust']
  private version: string
  private maxModelSlots: number
  private readonly disk: Map<BuildId, ModelSpec>
  private readonly provider: ProviderAttributes

  constructor(private readonly options: MacOptions) {
    this.provider = options.provider ?? GOOD_PROVIDER
    this.trust = this.provider.trust
    this.version = options.version
    this.maxModelSlots = options.maxModelSlots
    this.chosen = options.advertises.filter((model) => this.fits(model))
    this.advertised = this.chosen
    this.disk = new Map([...this.chosen, ...(options.disk ?? [])].map((model) => [model.build, model]))
  }

  powerOn(): void {
    this.advertised = this.chosen
  }

  /** What the next process is. */
  install({ version, maxModelSlots }: NewProgram): void {
    this.version = version ?? this.version
    this.maxModelSlots = maxModelSlots ?? this.maxModelSlots
  }

  /** A scan leaves out what is too large for the Mac: provider-runtime 2. */
  fits(model: ModelSpec): boolean {
    const { memoryBytes, settings } = this.options
    return estimatedBytes(model, settings) <= memoryBytes - settings.memory_reserve
  }

  stored(build: BuildId): ModelSpec | undefined {
    return this.disk.get(build)
  }

  /** It has been downloaded. */
  store(model: ModelSpec): void {
    this.disk.set(model.build, model)
  }

  find(build: BuildId): ModelSpec | undefined {
    return this.advertised.find((model) => model.build === build)
  }

  /** max(1, min(configured, max(models at start-up, models advertised now))). */
  get slotsMax(): number {
    return Math.max(1, Math.min(this.maxModelSlots, Math.max(this.chosen.length, this.advertised.length)))
  }

  add(model: ModelSpec): void {
    this.advertised = [...this.advertised, model]
  }

  /** False when it was not on offer. */
  drop(build: BuildId): boolean {
    const before = this.advertised
    this.advertised = before.filter((model) => model.build !== build)
    return this.advertised.length < before.length
  }

  /** As it is told of in a message. */
  show({ build, isVision }: ModelSpec): AdvertisedModel {
    const templateRenderOk = !this.provider.template_broken.includes(build)
    return { build, isVision, templateRenderOk, weightHash: this.options.weightHashOf(build) }
  }

  /** `answers`: whether it would answer a challenge now. */
  registration(answers: boolean): Registration {
    const { version, maxModelSlots } = this
    const { serial, chip, memoryBytes } = this.options
    const { registered, account, private_only, runtime_verified, private_text } = this.provider
    const { decode_tps, prefill_tps } = registered
    return {
      kind: 'register',
      serial,
      version,
      chip: chip.name,
      chipFamily: chip.generation,
      chipTier: chip.tier,
      memory_gb: memoryBytes / GIB,
      gpuCores: chip.gpuCores,
      memoryBandwidth_gbs: chip.bandwidth_gbs.value,
      models: this.advertised.map((model) => this.show(model)),
      ...(decode_tps === undefined ? {} : { decodeTps: decode_tps }),
      ...(prefill_tps === undefined ? {} : { prefillTps: prefill_tps }),
      account,
      privateOnly: private_only,
      trust: {
        level: this.trust,
        runtimeVerified: runtime_verified,
        privateText: private_text,
        challenge: answers ? 'answered' : 'lapsed',
      },
      maxModelSlots,
    }
  }
}
