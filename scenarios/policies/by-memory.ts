/**
 * An example of a policy of one's own: small Macs leave gemma alone.
 * A Mac with less than 48 GB that holds gemma has no room left for gpt-oss, the model four of five requests ask for.
 */
import { definePolicy, poolKeys } from 'fleetlab/plug'

const ENOUGH_FOR_BOTH_GB = 48

export default definePolicy({
  name: 'by-memory',
  about: 'gemma only on Macs of 48 GB and more; everything else everywhere',
  maxModelSlotsDefault: 3,
  refusesColdBesideBusy: false,
  test({ provider, model }) {
    const allowed = !model.startsWith('gemma') || provider.memory_gb >= ENOUGH_FOR_BOTH_GB
    return { allowed, why: `${provider.memory_gb} GB` }
  },
  poolKeys,
})
