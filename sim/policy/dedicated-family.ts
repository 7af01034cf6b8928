/**
 * `dedicated-family`: the static partition that shipped instead of pools (PR 434), over `open`.
 * Gemma 4 runs only on machines that advertise nothing but Gemma 4; every other model runs anywhere, those machines included.
 * What the owner keeps on the disk decides: nothing is labelled, nothing moves, nothing is refused for a pool.
 * On a fleet whose machines all hold both families, Gemma has no machine at all.
 * The coordinator's own setting DEDICATED_MODELS does the same with the rule's answers (429 machine_busy) on top.
 */
import { definePolicy, poolKeys, type PoolVerdict, routingBy } from '../plug/index.ts'

/** Production's one family: control §3.9. */
const FAMILY = 'gemma-4'

const inFamily = (build: string): boolean => build.toLowerCase().includes(FAMILY)

const FREE: PoolVerdict = { allowed: true, why: 'not of the dedicated family' }
const OWN: PoolVerdict = { allowed: true, why: 'advertises the dedicated family only' }
const MIXED: PoolVerdict = { allowed: false, why: 'advertises models outside the dedicated family' }
const OWNER: PoolVerdict = { allowed: true, why: "owner's own traffic" }

export const dedicatedFamily = definePolicy({
  name: 'dedicated-family',
  about: 'what shipped (PR 434): Gemma 4 only on machines that advertise nothing else',
  maxModelSlotsDefault: 3,
  refusesColdBesideBusy: false,
  test: routingBy('provider', ({ surface, provider, model, ownerBypass }) => {
    if (ownerBypass) return OWNER
    // The rule binds routing and loading, not names, wishes and counts of what it refused.
    if (surface === 'resolve_alias' || surface === 'desired_models' || surface === 'shed' || !inFamily(model))
      return FREE
    return provider.advertised.every(inFamily) ? OWN : MIXED
  }),
  poolKeys,
})
