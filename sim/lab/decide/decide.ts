/** Written states, answered under a policy: what `fleetlab decide` and the tests ask. */
import { fail, ok, type Result } from '../../base/result.ts'
import { decide, type DecideOutcome } from '../../coordinator/document/decide.ts'
import type { WrittenState } from './decide-source.ts'
import { DEFAULT_POLICY } from '../runs/arms.ts'
import { policyOf } from '../policy/policy-parameters.ts'
import type { PolicyResolver, PolicySource } from '../runs/ports.ts'

export interface DecidedState extends WrittenState {
  /** As the user or the state called it. */
  readonly policy: string
  readonly decided: DecideOutcome
}

export interface DecideQuestion {
  readonly states: readonly WrittenState[]
  /** Over what the states name. */
  readonly policy: string | undefined
  /** With verdicts per machine for people. */
  readonly explained: boolean
}

/** One state after the other; the first that cannot be answered ends it. */
export async function* decideStates(
  { states, policy, explained }: DecideQuestion,
  resolvePolicy: PolicyResolver,
): AsyncGenerator<Result<DecidedState>> {
  const known = new Map<string, PolicySource>()
  for (const state of states) {
    const name = policy ?? state.document.policy ?? DEFAULT_POLICY
    let source = known.get(name)
    if (source === undefined) {
      const resolved = await resolvePolicy(name)
      if (!resolved.ok) {
        const where = policy === undefined ? { file: state.file, line: state.line, path: 'policy' } : {}
        return yield fail(resolved.error.map((problem) => Object.assign({}, where, problem)))
      }
      known.set(name, (source = resolved.value))
    }
    // Anew for every state: what a policy remembers of one must not reach the next.
    const found = policyOf(source)
    if (!found.ok) return yield found
    const isAnotherPolicy = name !== (state.document.policy ?? DEFAULT_POLICY)
    const options = { policy: found.value, isAnotherPolicy, settings: state.settings, explained }
    yield ok({ ...state, policy: name, decided: decide(state.document, options) })
  }
}
