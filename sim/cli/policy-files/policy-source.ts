/** What a user calls a policy, as something that can be run: a built-in by name, or a file by path. */
import { resolve } from 'node:path'
import { fail, ok } from '../../base/result.ts'
import { policyFromCode } from '../../lab/policy/policy-code.ts'
import type { PolicyResolver } from '../../lab/runs/ports.ts'
import { findPolicy, policyNames } from '../../policy/index.ts'
import { isPolicyFile } from '../../scenario/index.ts'
import { suggestion } from '../../scenario/reading/suggestion.ts'
import { bundlePolicy } from './policy-bundle.ts'
import { typeProblems } from './policy-types.ts'

export const resolvePolicy: PolicyResolver = async (reference) => {
  if (findPolicy(reference) !== undefined) return ok({ kind: 'builtin', name: reference })
  if (!isPolicyFile(reference)) {
    const hint = suggestion(reference, policyNames, 'known policies')
    return fail([
      { message: `\`${reference}\` is no policy (one of your own is given by its path, such as ./mine.ts); ${hint}` },
    ])
  }
  const path = resolve(reference)
  const [bundled, mistyped] = await Promise.all([bundlePolicy(path, reference), typeProblems(path, reference)])
  if (!bundled.ok) return bundled
  if (mistyped.length > 0) return fail(mistyped)
  // Evaluated once here, so that a wrong shape is said before any run starts.
  const { code, places, files } = bundled.value
  const policy = policyFromCode(code, reference, places)
  return policy.ok ? ok({ kind: 'code', file: reference, code, places, files }) : policy
}
