/**
 * What a Mac offers: the builds on its disk, those of them it advertises, how many it may hold at once, and how it
 * introduces itself (provider-runtime 2, 7, 8). Downloads are not modelled, so the set only shrinks while a program runs.
 */
import type { BuildId } from '../base/ids.ts'
import type { ModelSpec } from '../catalog/model.ts'
import type { AdvertisedModel, DesiredModel, Registration } from '../protocol/index.ts'
import type { MacOptions } from './machine.ts'
import { estimatedBytes } from './memory.ts'

const GIB = 2 ** 30

export class Offer {
  /** What the start-up scan kept, in advertised order. */
  readonly onDisk: readonly ModelSpec[]
  advertised: readonly ModelSpec[]

  constructor(private readonly options: MacOptions) {
    const { advertises, memoryBytes, settings } = options
    this.onDisk = advertises.filter((model) => estimatedBytes(model, settings) <= memoryBytes - settings.memory_reserve)
    this.advertised = this.onDisk
  }

  powerOn(): void {
    this.advertised = this.onDisk
  }

  stored(build: BuildId): ModelSpec | undefined {
    return this.onDisk.find((model) => model.build === build)
  }

  find(build: BuildId): ModelSpec | undefined {
    return this.advertised.find((model) => model.build === build)
  }

  /** max(1, min(configured, max(models at start-up, models advertised now))); the set never grows here. */
  get slotsMax(): number {
    return Math.max(1, Math.min(this.options.maxModelSlots, this.onDisk.length))
  }

  /** With the desired build on offer, the previous one is no longer advertised. False when nothing changes. */
  retire(entries: readonly DesiredModel[]): boolean {
    const retired = new Set<BuildId>()
    for (const { desired, previous } of entries) {
      if (previous !== undefined && previous !== desired && this.find(desired) !== undefined) retired.add(previous)
    }
    const before = this.advertised
    this.advertised = before.filter((model) => !retired.has(model.build))
    return this.advertised.length < before.length
  }

  models(): AdvertisedModel[] {
    return this.advertised.map(({ build, isVision }) => ({ build, isVision, templateRenderOk: true }))
  }

  registration(): Registration {
    const { serial, version, chip, memoryBytes } = this.options
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
      models: this.models(),
    }
  }
}
