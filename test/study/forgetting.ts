/**
 * A policy with the decode floor of the gallery that forgets, in place of the coordinator's own, which believes for as long as a
 * model stays loaded what it saw once. The coordinator's must be off (`MIN_DECODE_TPS: 0`) beside it.
 */
import type { Policy } from '../../sim/plug/index.ts'
import { findPolicy } from '../../sim/policy/index.ts'
import { must } from '../../sim/base/assert.ts'

export function forgetting(policy: Policy): Policy {
  const floor = must(findPolicy('forgetting-floor'), 'the gallery has lost a policy')
  return {
    ...policy,
    name: `${policy.name} with a floor that forgets`,
    ...(floor.pick === undefined ? {} : { pick: floor.pick }),
    ...(floor.parameters === undefined ? {} : { parameters: floor.parameters }),
    ...(floor.counters === undefined ? {} : { counters: floor.counters }),
  }
}
