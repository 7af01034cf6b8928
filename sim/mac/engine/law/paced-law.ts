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
  /** Paces repeat: heat and memory move on grids. By all of a pace but its heat, and then by the speed that heat allows. */
  readonly #known = new Map<string, (PacedLaw | undefined)[]>()
  /** Heat moves by far the most often: of the pace asked about last, all but that. */
  #memory_pct = -1
  #decode_pct = -1
  #prefill_pct = -1
  #bySpeed: (PacedLaw | undefined)[] = []
  readonly #plain: StepLaw

  constructor(private readonly constants: StepConstants) {
    this.#plain = new StepLaw(constants)
  }

  at(pace: Pace): PacedLaw {
    const { memory_pct, processDecode_pct, processPrefill_pct, speed_pct } = pace
    if (
      memory_pct !== this.#memory_pct ||
      processDecode_pct !== this.#decode_pct ||
      processPrefill_pct !== this.#prefill_pct
    )
      this.#turnTo(memory_pct, processDecode_pct, processPrefill_pct)
    let law = this.#bySpeed[speed_pct]
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
      this.#bySpeed[speed_pct] = law
    }
    return law
  }

  #turnTo(memory_pct: number, decode_pct: number, prefill_pct: number): void {
    const key = `${memory_pct} ${decode_pct} ${prefill_pct}`
    let bySpeed = this.#known.get(key)
    if (bySpeed === undefined) this.#known.set(key, (bySpeed = []))
    this.#bySpeed = bySpeed
    this.#memory_pct = memory_pct
    this.#decode_pct = decode_pct
    this.#prefill_pct = prefill_pct
  }
}
