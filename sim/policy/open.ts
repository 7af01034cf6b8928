/**
 * `open`: the tree before PR 432.
 * Any provider that advertises a build may serve it and may load it, beside anything else it holds.
 * No label is ever given, so no request is refused for a pool (no A13) and no off-pool provider is hidden.
 * A cold model may load beside a busy one (no C5).
 * Providers keep up to three resident models.
 */
import { definePolicy, poolKeys, type PoolVerdict, routingBy } from '../plug/index.ts'

const ALLOWED: PoolVerdict = { allowed: true, why: 'no pools' }

export const open = definePolicy({
  name: 'open',
  about: 'the tree before PR 432: any machine that advertises a model may serve it',
  maxModelSlotsDefault: 3,
  refusesColdBesideBusy: false,
  test: routingBy('nothing', () => ALLOWED),
  poolKeys,
})
