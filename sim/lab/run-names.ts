/** The names that screens show for the numbers in a run's rows. */
import type { Scenario } from '../scenario/index.ts'

export interface MachineName {
  readonly serial: string
  readonly chip: string
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

export const namesOf = (scenario: Scenario): RunNames => ({
  machines: scenario.machines.map(({ serial, chip, memoryBytes, chassis }) => ({
    serial,
    chip: chip.name,
    memoryBytes,
    chassis,
  })),
  builds: scenario.models.map((model) => model.build),
  models: scenario.publicModels,
  modelOfBuild: Object.fromEntries(scenario.models.map(({ build }) => [build, scenario.publicNameOf(build)])),
})
