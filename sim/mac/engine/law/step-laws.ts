/**
 * The laws of a run. Macs of one chip about which the model is wrong by the same go by the same laws, so a fleet of thousands
 * shares a few dozen tables, which stay in the processor's cache, instead of having some for each Mac, which do not.
 */
import type { ChipSpec } from '../../../catalog/chip.ts'
import { constantsUnder, type ModelError } from '../../../catalog/model-error.ts'
import type { EngineVersion, ModelSpec } from '../../../catalog/model.ts'
import { PacedLaws } from './paced-law.ts'

interface ChipLaws {
  readonly chip: ChipSpec
  readonly error: ModelError | undefined
  readonly laws: PacedLaws
}

export class StepLaws {
  readonly #known = new Map<ModelSpec, ChipLaws[]>()

  constructor(
    private readonly engine: EngineVersion,
    private readonly prefillSpeed: number,
  ) {}

  /** `error`: undefined: as calibrated. */
  of(model: ModelSpec, chip: ChipSpec, error: ModelError | undefined): PacedLaws {
    let ofModel = this.#known.get(model)
    if (ofModel === undefined) this.#known.set(model, (ofModel = []))
    const known = ofModel.find((each) => each.chip === chip && each.error === error)
    if (known !== undefined) return known.laws
    const laws = new PacedLaws(constantsUnder(error, this.prefillSpeed)(chip, model, this.engine))
    ofModel.push({ chip, error, laws })
    return laws
  }
}
