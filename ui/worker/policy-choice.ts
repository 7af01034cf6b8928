/** Policies a browser can run: the built-in ones. A file of one's own must be bundled, which only the command line does. */
import { fail, ok } from '../../sim/base/result.ts'
import type { PolicyResolver } from '../../sim/lab/ports.ts'
import { builtinPolicies, findPolicy } from '../../sim/policy/index.ts'
import { isPolicyFile } from '../../sim/scenario/index.ts'

export const resolvePolicy: PolicyResolver = async (reference) => {
  if (findPolicy(reference) !== undefined) return ok({ kind: 'builtin', name: reference })
  const message = isPolicyFile(reference)
    ? `${reference} is a policy file, and the browser runs built-in policies only; use \`fleetlab compare … --out DIR\` and open its results here`
    : `\`${reference}\` is no policy; there are ${builtinPolicies.map(({ name }) => name).join(', ')}`
  return fail([{ message }])
}
