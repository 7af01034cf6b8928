/** A Mac reduced to its GPU, with everything its engines say written down. */
import type { Micros } from '../../../sim/base/time.ts'
import { type ChipSpec, type EngineVersion, findChip, findModel, type ModelSpec } from '../../../sim/catalog/index.ts'
import { Kernel } from '../../../sim/kernel/kernel.ts'
import { Priority } from '../../../sim/kernel/scheduler.ts'
import type { EngineListener, RowDelays } from '../../../sim/mac/engine/engine.ts'
import type { EngineOptions } from '../../../sim/mac/engine/gpu-engine.ts'
import { type Engine, Gpu } from '../../../sim/mac/engine/gpu.ts'
import type { PrefillOrder } from '../../../sim/mac/config.ts'
import type { GpuActivity } from '../../../sim/mac/engine/law/pace.ts'
import { SlowGpu } from './slow-gpu.ts'

export const aChip = (name = 'M4 Max 40c'): ChipSpec => findChip(name)!
export const aModel = (build = 'gpt-oss-20b'): ModelSpec => findModel(build)!

export class World {
  readonly kernel = new Kernel()
  readonly log: string[] = []
  readonly busy: (readonly [since: number, until: number])[] = []
  /** Microseconds by row. */
  readonly admittedAt = new Map<number, number>()
  readonly firstAt = new Map<number, number>()
  readonly finishedAt = new Map<number, number>()
  readonly gpu: Gpu | SlowGpu
  readonly activities: (readonly [at: number, activity: GpuActivity])[] = []
  readonly submittedAt = new Map<number, number>()
  readonly delays = new Map<number, RowDelays>()
  /** Called after a row finished, inside its callback. */
  onFinished: (key: number) => void = () => {}
  /** Called when the GPU's activity changes, before the step that changes it. */
  onActivity: (activity: GpuActivity) => void = () => {}

  constructor(
    kind: 'jumping' | 'stepping' = 'jumping',
    chip: ChipSpec = aChip(),
    engine: EngineVersion = '2026-06',
    prefillOrder: PrefillOrder = 'fcfs',
    prefillsOn: () => boolean = () => true,
  ) {
    const options = {
      scheduler: this.kernel,
      chip,
      engine,
      prefillOrder,
      prefillsOn,
      onBusy: (since: Micros, until: Micros) => {
        this.busy.push([since, until])
        this.log.push(`busy ${since} ${until}`)
      },
      onActivity: (activity: GpuActivity) => {
        this.activities.push([this.kernel.now, activity])
        this.#note(`activity ${activity.phase} ${activity.power}`)
        this.onActivity(activity)
      },
    }
    this.gpu = kind === 'jumping' ? new Gpu(options) : new SlowGpu(options)
  }

  engine(build?: string, engineOptions?: EngineOptions): Engine {
    const listener: EngineListener = {
      admitted: (key, at) => {
        this.admittedAt.set(key, at)
        this.#note(`admitted ${key}`)
      },
      firstToken: (key) => {
        this.firstAt.set(key, this.kernel.now)
        this.#note(`first ${key}`)
      },
      finished: (key, work, delays) => {
        this.finishedAt.set(key, this.kernel.now)
        this.delays.set(key, delays)
        this.#note(`finished ${key} ${work.prefilledTokens} ${work.decodedTokens} ${readable(delays)}`)
        this.onFinished(key)
      },
      ghostEnded: () => this.#note('ghost ended'),
    }
    return this.gpu.addEngine(aModel(build), listener, engineOptions)
  }

  /** Does something when messages arrive at `at`. */
  at(at: number, action: () => void): void {
    this.kernel.schedule(at as Micros, Priority.message, action)
  }

  /** Looks after everything else of that instant. */
  lookAt(at: number, look: () => void): void {
    this.kernel.schedule(at as Micros, Priority.observe, look)
  }

  run(until = 36_000e6): this {
    this.kernel.runUntil(until as Micros)
    return this
  }

  /** Tokens per second of a row between its first and its last token. */
  decodeTps(key: number, outputTokens: number): number {
    return ((outputTokens - 1) * 1e6) / (this.finishedAt.get(key)! - this.firstAt.get(key)!)
  }

  /** Percent of the plain step time, and the clock; what they add is blamed on several. */
  setPace(memory: number, decode: number, prefill: number, speed: number): void {
    const both = [
      { culprit: 'gpt-oss-20b', weight: 2 },
      { culprit: 'process', weight: 1 },
    ]
    this.gpu.setPace({
      memory_pct: memory,
      memoryBlame: memory === 100 ? [] : both,
      processDecode_pct: decode,
      processPrefill_pct: prefill,
      speed_pct: speed,
      heatBlame: speed === 100 ? [] : [{ culprit: 'none', weight: 0.25 }, ...both],
    })
  }

  #note(text: string): void {
    this.log.push(`${this.kernel.now} ${text}`)
  }
}

/** Shares in the order of names: which culprit was met first is nobody's concern. */
function readable({ soloNanos, shares }: RowDelays): string {
  const texts = shares.map((s) => `${s.culprit}:${s.gpu},${s.memory},${s.thermal},${s.load},${s.queue}`)
  return `solo ${soloNanos} ${texts.toSorted().join(' ')}`
}
