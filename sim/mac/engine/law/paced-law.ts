/** The laws of one model on one chip at a given pace: plain, and with each layer of slowness laid over those before it. */
import type { StepConstants } from '../../../catalog/step-constants.ts'
import type { Pace } from './pace.ts'
import { StepLaw } from './step-law.ts'

/** A layer that adds nothing is the same object as the one before it. The last one is how long steps really take. */
export interface PacedLaw {
  readonly plain: StepLaw
  readonly memory: StepLaw
  readonly process: StepLaw
  readonly heat: StepLaw
}

export class PacedLaws {
  /** Paces repeat: heat and memory move on grids. By the speed that heat allows; mostly heat is all there is. */
  readonly #byHeat: (PacedLaw | undefined)[] = []
  /** The same where memory or another process slows steps down besides. */
  readonly #pressed = new Map<string, (PacedLaw | undefined)[]>()
  readonly #plain: StepLaw

  constructor(private readonly constants: StepConstants) {
    this.#plain = new StepLaw(constants)
  }

  at(pace: Pace): PacedLaw {
    const { memory_pct, processDecode_pct, processPrefill_pct, speed_pct } = pace
    const isFree = memory_pct === 100 && processDecode_pct === 100 && processPrefill_pct === 100
    const bySpeed = isFree ? this.#byHeat : this.#under(memory_pct, processDecode_pct, processPrefill_pct)
    let law = bySpeed[speed_pct]
    if (law === undefined) {
      const squeeze = memory_pct / 100
      const decode = (squeeze * processDecode_pct) / 100
      const prefill = (squeeze * processPrefill_pct) / 100
      const plain = this.#plain
      const memory = memory_pct === 100 ? plain : new StepLaw(this.constants, squeeze, squeeze)
      const shared = processDecode_pct !== 100 || processPrefill_pct !== 100
      const process = shared ? new StepLaw(this.constants, decode, prefill) : memory
      const hot = speed_pct !== 100
      const heat = hot ? new StepLaw(this.constants, (decode * 100) / speed_pct, (prefill * 100) / speed_pct) : process
      law = { plain, memory, process, heat }
      bySpeed[speed_pct] = law
    }
    return law
  }

  #under(memory_pct: number, decode_pct: number, prefill_pct: number): (PacedLaw | undefined)[] {
    const key = `${memory_pct} ${decode_pct} ${prefill_pct}`
    let bySpeed = this.#pressed.get(key)
    if (bySpeed === undefined) this.#pressed.set(key, (bySpeed = []))
    return bySpeed
  }
}
