/**
 * How fast a lone request decodes, by build and chip class, learnt from heartbeats (PR 524; facts: coordinator-control §3.4).
 * Only a machine with a single request on it is listened to: a rate seen under load would make the quality cap shrink by
 * the very overload it is to prevent.
 *
 * A class that has not been heard often enough goes by the slowest class that has: never faster than it may be.
 */
import type { BuildId } from '../../../base/ids.ts'
import { MedianWindow } from './median.ts'
import type { CapacityRecord, ProviderRecord } from '../provider-record.ts'

/** Decode rates of lone requests, tokens/s, oldest first. */
export interface ClassRates {
  readonly build: BuildId
  readonly chipClass: string
  readonly samples: readonly number[]
}

export class SoloRates {
  /** Heard so far; grows with whatever may change a rate. */
  samples = 0
  private readonly classes = new Map<BuildId, Map<string, MedianWindow>>()

  heard({ slots }: CapacityRecord, { chipClass }: Pick<ProviderRecord, 'chipClass'>): void {
    let requests = 0
    for (const slot of slots) requests += slot.running + slot.waiting
    if (requests > 1) return
    for (const slot of slots) {
      if (slot.running === 0 || slot.observedDecodeTps === 0) continue
      this.window(slot.model, chipClass).push(slot.observedDecodeTps)
      this.samples++
    }
  }

  /** Tokens/s; 0: fewer samples than that. */
  ofClass(build: BuildId, chipClass: string, samplesMin: number): number {
    const window = this.classes.get(build)?.get(chipClass)
    return window !== undefined && window.samples >= samplesMin ? window.median : 0
  }

  /** Least of the medians of all classes, tokens/s; 0: fewer samples than that in all of them together. */
  slowest(build: BuildId, samplesMin: number): number {
    let samples = 0
    let least = Infinity
    for (const window of this.classes.get(build)?.values() ?? []) {
      samples += window.samples
      least = Math.min(least, window.median)
    }
    return samples > 0 && samples >= samplesMin ? least : 0
  }

  /** What has been heard, by build and chip class. */
  rates(): readonly ClassRates[] {
    return [...this.classes].flatMap(([build, ofBuild]) =>
      [...ofBuild].map(([chipClass, window]) => ({ build, chipClass, samples: window.heard })),
    )
  }

  /** As if these alone had been heard, oldest first. */
  restore(
    rates: readonly { readonly build: BuildId; readonly chipClass: string; readonly samples: readonly number[] }[],
  ) {
    this.classes.clear()
    this.samples++
    for (const { build, chipClass, samples } of rates) this.window(build, chipClass).restore(samples)
  }

  private window(build: BuildId, chipClass: string): MedianWindow {
    let ofBuild = this.classes.get(build)
    if (ofBuild === undefined) this.classes.set(build, (ofBuild = new Map()))
    let window = ofBuild.get(chipClass)
    if (window === undefined) ofBuild.set(chipClass, (window = new MedianWindow()))
    return window
  }
}
