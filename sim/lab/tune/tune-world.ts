/** A scenario with the policy that is tuned in it, and what is asked of the two. */
import { must } from '../../base/assert.ts'
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import type { LoadedScenario } from '../../scenario/index.ts'
import { checkedScenario } from '../check/checked-scenario.ts'
import { type Goal, type Objective, parseGoal, parseObjective } from '../cliff/objective.ts'
import type { ExperimentRequest, LabPorts } from '../compare/experiment.ts'
import { policyOf } from '../policy/policy-parameters.ts'
import { armsOf, type ResolvedArm } from '../runs/arms.ts'
import { scenarioUnder, vocabularyOfAll } from '../runs/vocabulary.ts'
import type { ParameterRange } from './tune-space.ts'

export interface TuneRequest extends Omit<ExperimentRequest, 'policies'> {
  readonly policy: string
  readonly objective: string
  readonly constraints: readonly string[]
  /** None: every parameter that has bounds. */
  readonly ranges: readonly ParameterRange[]
  /** Of the search at most; what is held back comes on top. */
  readonly runs: number
  /** How many seeds were held back from the search. */
  readonly heldBack: number
  /** Scenario files in which the chosen point is measured too. */
  readonly worlds: readonly string[]
}

export interface TunedWorld {
  readonly file: string
  readonly loaded: LoadedScenario
  readonly arm: ResolvedArm
  readonly policy: ReturnType<typeof policyOf> extends Result<infer P> ? P : never
}

export async function worldOf(file: string, request: TuneRequest, ports: LabPorts): Promise<Result<TunedWorld>> {
  const loaded = await checkedScenario(file, request.settings, ports.files)
  if (!loaded.ok) return loaded
  const arms = await armsOf(loaded.value, [request.policy], ports.resolvePolicy)
  if (!arms.ok) return arms
  const arm = must(arms.value[0], 'one arm was asked for')
  const policy = policyOf(arm.policy)
  return policy.ok ? ok({ file, loaded: loaded.value, arm, policy: policy.value }) : policy
}

export interface Questions {
  readonly goal: Goal
  readonly constraints: readonly Objective[]
}

export function questionsOf(request: TuneRequest, { loaded, arm }: TunedWorld): Result<Questions> {
  const scenario = scenarioUnder(loaded, arm)
  const vocabulary = vocabularyOfAll([scenario], arm.policy.kind === 'code')
  const problems: Problem[] = []
  const goal = parseGoal(request.objective, scenario.publicModels, vocabulary)
  if (!goal.ok) problems.push({ message: `--objective: ${goal.error}` })
  const constraints: Objective[] = []
  for (const text of request.constraints) {
    const parsed = parseObjective(text, scenario.publicModels, vocabulary)
    if (parsed.ok) constraints.push(...parsed.value)
    else problems.push({ message: `--subject-to: ${parsed.error}` })
  }
  return goal.ok && problems.length === 0 ? ok({ goal: goal.value, constraints }) : fail(problems)
}
