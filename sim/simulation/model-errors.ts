/**
 * How far off the model is about each class of Macs in this run. A class draws from a stream of its own, so that one more
 * class shifts nothing, and what a policy does cannot: arms on the same seed face the same Macs.
 */
import { CALIBRATED_ERRORS, MODEL_ERRORS, type ModelError } from '../catalog/model-error.ts'
import type { RandomSource } from '../kernel/scheduler.ts'
import type { Machine, Scenario } from '../scenario/format/resolved.ts'

const GIB = 2 ** 30

/** Macs of the same chip with the same memory: what is wrong about one is wrong about all. */
export const macClassOf = ({ chip, memoryBytes }: Pick<Machine, 'chip' | 'memoryBytes'>): string =>
  `${chip.name} ${Math.round(memoryBytes / GIB)}GB`

export type ErrorsByClass = ReadonlyMap<string, ModelError>

/** Empty unless the scenario asks for them. */
export const modelErrorsOf = (
  { physics, machines }: Pick<Scenario, 'physics' | 'machines'>,
  random: RandomSource,
): ErrorsByClass => (physics?.error === 'calibrated' ? drawModelErrors(machines, random) : new Map())

/** In the order in which the classes appear in the fleet. */
function drawModelErrors(machines: readonly Machine[], random: RandomSource): ErrorsByClass {
  const classes = [...new Set(machines.map(macClassOf))]
  return new Map(classes.map((name) => [name, errorOf(name, random)]))
}

function errorOf(name: string, random: RandomSource): ModelError {
  const stream = random.stream(`physics/error/${name}`)
  // Always in this order: a further factor would be drawn last.
  const drawn = MODEL_ERRORS.map((error) => {
    const residuals = CALIBRATED_ERRORS[error]
    return [error, residuals[stream.below(residuals.length)]!] as const
  })
  return Object.fromEntries(drawn) as { [error in keyof ModelError]: number }
}
