/**
 * Parameters of policies that a scenario, a setting or an arm gives: is there a policy that has them, and is the value within
 * its bounds? Asked before anything runs. What is given for all arms must be known to one of them; what an arm gives, to that arm.
 */
import { ok, type Problem, type Result } from '../../base/result.ts'
import { fitsParameter, parameterRange, type Policy } from '../../plug/index.ts'
import { findPolicy } from '../../policy/index.ts'
import { type LoadedScenario, problemAt } from '../../scenario/index.ts'
import { suggestion } from '../../scenario/reading/suggestion.ts'
import { policyFromCode } from './policy-code.ts'
import type { PolicySource } from '../runs/ports.ts'
import { scenarioUnder } from '../runs/vocabulary.ts'

interface Armed {
  readonly name: string
  readonly policy: PolicySource
  readonly settings: readonly string[]
}

export function policyOf(source: PolicySource): Result<Policy> {
  if (source.kind === 'code') return policyFromCode(source.code, source.file, source.places)
  const policy = findPolicy(source.name)
  return policy === undefined ? { ok: false, error: [{ message: `no policy is called "${source.name}"` }] } : ok(policy)
}

const OF_ARM = /^policy\.([^=]+)=/

export function parameterProblems(loaded: LoadedScenario, arms: readonly Armed[]): readonly Problem[] {
  const given = loaded.scenario.policy ?? {}
  const isOwn = ({ settings }: Armed): boolean => settings.some((text) => OF_ARM.test(text))
  if (Object.keys(given).length === 0 && !arms.some(isOwn)) return []
  const policies = arms.flatMap((arm) => {
    const policy = policyOf(arm.policy)
    return policy.ok ? [{ arm, declared: policy.value.parameters ?? {} }] : []
  })
  const known = policies.flatMap(({ declared }) => Object.keys(declared))
  const strangers = Object.keys(given).filter((name) => !known.includes(name))
  const problems = strangers.map((name) =>
    problemAt(loaded.origin, { path: ['policy', name], message: unknown(name, known) }),
  )
  for (const { arm, declared } of policies) {
    const values: { readonly [name: string]: unknown } = scenarioUnder(loaded, arm).policy ?? {}
    const ownNames = new Set(arm.settings.flatMap((text) => OF_ARM.exec(text)?.[1] ?? []))
    const at = (name: string, message: string): Problem => {
      const place = loaded.scenario.policies.findIndex(({ as }) => as === arm.name)
      return ownNames.has(name) && place >= 0
        ? problemAt(loaded.origin, { path: ['policies', place, 'set', `policy.${name}`], message })
        : problemAt(loaded.origin, { path: ['policy', name], message })
    }
    for (const name of ownNames) {
      if (!Object.hasOwn(declared, name)) problems.push(at(name, unknown(name, Object.keys(declared), arm.name)))
    }
    for (const [name, parameter] of Object.entries(declared)) {
      if (!Object.hasOwn(values, name) || fitsParameter(parameter, values[name])) continue
      const message = `is ${JSON.stringify(values[name])}; \`${name}\` of ${arm.name} must be ${parameterRange(parameter)}`
      problems.push(at(name, message))
    }
  }
  return problems
}

function unknown(name: string, known: readonly string[], arm?: string): string {
  const whose = arm === undefined ? 'no policy of this run has' : `${arm} has no`
  const what = arm === undefined ? `a parameter \`${name}\`` : `parameter \`${name}\``
  return known.length === 0
    ? `${whose} ${what}; there are none`
    : `${whose} ${what}; ${suggestion(name, known, 'parameters')}`
}
