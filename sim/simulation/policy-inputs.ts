/** What a run gives its policy: the values of its parameters, and chance. */
import { BadInputError } from '../base/result.ts'
import type { RandomSource } from '../kernel/scheduler.ts'
import type { RunResult } from '../metrics/result.ts'
import { type ParameterValues, parameterValues, type Policy, type PolicyDraw } from '../plug/index.ts'
import type { Scenario } from '../scenario/index.ts'

/** Throws BadInputError when a value is out of bounds. */
export function policyParameters(policy: Policy, { policy: given }: Scenario): ParameterValues {
  const values = parameterValues(policy.parameters, given ?? {})
  if (!values.ok) throw new BadInputError(values.error)
  return values.value
}

/** How results name the policy. */
export function policyOfRun(name: string, policy: Policy, scenario: Scenario): RunResult['policy'] {
  const parameters = policyParameters(policy, scenario)
  return Object.keys(parameters).length === 0 ? { name } : { name, parameters }
}

export function policyDraw(random: RandomSource, name: string): PolicyDraw {
  const stream = random.stream(`policy/${name}`)
  return Object.freeze({ uniform: () => stream.uniform(), below: (n: number) => stream.below(n) })
}
