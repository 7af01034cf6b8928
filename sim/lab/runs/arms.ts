/**
 * The arms of a comparison: a policy, settings it changes, and the name it goes by. A scenario lists them; a command
 * may pick some by name or bring others (a built-in's name, a path). An arm goes by its `as`,
 * or by what was written.
 */
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import { findPolicy } from '../../policy/index.ts'
import { isPolicyFile, type LoadedScenario, problemAt } from '../../scenario/index.ts'
import { parameterProblems, policyOf } from '../policy/policy-parameters.ts'
import type { RunJob, PolicyResolver, PolicySource } from './ports.ts'

export interface ResolvedArm {
  readonly name: string
  readonly policy: PolicySource
  /** `path=value`, applied after everything else. */
  readonly settings: readonly string[]
}

/** The arm of a run when neither the command nor the scenario names one: the tree before any pool. */
export const DEFAULT_POLICY = 'open'

/** The arms in question; all of the scenario's when `references` is undefined. */
export async function armsOf(
  loaded: LoadedScenario,
  references: readonly string[] | undefined,
  resolvePolicy: PolicyResolver,
): Promise<Result<readonly ResolvedArm[]>> {
  const { scenario, origin } = loaded
  const known = new Map(scenario.policies.map((arm) => [arm.as, arm]))
  const names = references ?? (known.size > 0 ? [...known.keys()] : [DEFAULT_POLICY])
  const arms: ResolvedArm[] = []
  const problems: Problem[] = []
  for (const name of names) {
    const arm = known.get(name) ?? (await declaring(name, scenario.policies, resolvePolicy))
    const policy = await resolvePolicy(arm?.policy ?? name)
    if (!policy.ok && arm !== undefined) {
      const path = ['policies', scenario.policies.indexOf(arm)]
      // What is wrong inside the policy's file stands there, not here.
      const placed = (inner: Problem): Problem =>
        inner.line === undefined
          ? problemAt(origin, { path, message: [inner.file, inner.message].filter(Boolean).join(': ') })
          : inner
      problems.push(...policy.error.map(placed))
    } else if (!policy.ok) problems.push(...policy.error)
    else arms.push({ name, policy: policy.value, settings: arm?.settings ?? [] })
  }
  if (problems.length === 0) problems.push(...parameterProblems(loaded, arms))
  return problems.length > 0 ? fail(problems) : ok(arms)
}

/** An arm of the scenario whose file declares this name, when nothing built in is called so. */
async function declaring<A extends { readonly policy: string }>(
  name: string,
  arms: readonly A[],
  resolvePolicy: PolicyResolver,
): Promise<A | undefined> {
  if (isPolicyFile(name) || findPolicy(name) !== undefined) return undefined
  for (const arm of arms) {
    if (!isPolicyFile(arm.policy)) continue
    const resolved = await resolvePolicy(arm.policy)
    const policy = resolved.ok ? policyOf(resolved.value) : undefined
    if (policy?.ok === true && policy.value.name === name) return arm
  }
  return undefined
}

/** What the jobs of one experiment have in common. */
export interface JobBase {
  readonly scenario: string
  readonly settings: readonly string[]
  readonly verify: boolean
  readonly wantsSamples: boolean
  readonly rows: RunJob['rows']
}

export function jobOf(base: JobBase, arm: ResolvedArm, seed: number): RunJob {
  const settings = [...base.settings, ...arm.settings]
  return { ...base, settings, policy: arm.policy, policyName: arm.name, seed }
}
