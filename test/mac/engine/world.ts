/** A Mac reduced to its GPU, with everything its engines say written down. */
import type { Micros } from '../../../sim/base/time.ts'
import { type ChipSpec, findChip, findModel, type ModelSpec } from '../../../sim/catalog/index.ts'
import { Kernel } from '../../../sim/kernel/kernel.ts'
import { Priority } from '../../../sim/kernel/scheduler.ts'
import { type Engine, Gpu } from '../../../sim/mac/gpu.ts'
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
  /** Called after a row finished, inside its callback. */
  onFinished: (key: number) => void = () => {}

  constructor(kind: 'jumping' | 'stepping' = 'jumping', chip: ChipSpec = aChip()) {
    const options = {
      scheduler: this.kernel,
      chip,
      engine: '2026-06' as const,
      onBusy: (since: Micros, until: Micros) => {
        this.busy.push([since, until])
        this.log.push(`busy ${since} ${until}`)
      },
    }
    this.gpu = kind === 'jumping' ? new Gpu(options) : new SlowGpu(options)
  }

  engine(build?: string): Engine {
    return this.gpu.addEngine(aModel(build), {
      admitted: (key, at) => {
        this.admittedAt.set(key, at)
        this.#note(`admitted ${key}`)
      },
      firstToken: (key) => {
        this.firstAt.set(key, this.kernel.now)
        this.#note(`first ${key}`)
      },
      finished: (key, work) => {
        this.finishedAt.set(key, this.kernel.now)
        this.#note(`finished ${key} ${work.prefilledTokens} ${work.decodedTokens}`)
        this.onFinished(key)
      },
      ghostEnded: () => this.#note('ghost ended'),
    })
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

  #note(text: string): void {
    this.log.push(`${this.kernel.now} ${text}`)
  }
}
