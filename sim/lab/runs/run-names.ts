/** The names that screens show for the numbers in a run's rows. */
import { derivedFigures } from '../../catalog/index.ts'
import type { Scenario } from '../../scenario/index.ts'

export interface MachineName {
  readonly serial: string
  readonly chip: string
  /** Figures of the chip that nobody gave, by the scenario's names for them; absent: none. */
  readonly derived?: readonly string[]
  readonly memoryBytes: number
  readonly chassis: string
}

export interface RunNames {
  readonly machines: readonly MachineName[]
  /** In the order of the idleCapable bits. */
  readonly builds: readonly string[]
  /** What requests ask for. */
  readonly models: readonly string[]
  /** The public model of a build. */
  readonly modelOfBuild: { readonly [build: string]: string }
}

function machineName({ serial, chip, memoryBytes, chassis }: Scenario['machines'][number]): MachineName {
  const derived = derivedFigures(chip).map(({ key }) => key)
  return { serial, chip: chip.name, ...(derived.length > 0 && { derived }), memoryBytes, chassis }
}

export const namesOf = (scenario: Scenario): RunNames => ({
  machines: scenario.machines.map(machineName),
  builds: scenario.models.map((model) => model.build),
  models: scenario.publicModels,
  modelOfBuild: Object.fromEntries(scenario.models.map(({ build }) => [build, scenario.publicNameOf(build)])),
})
