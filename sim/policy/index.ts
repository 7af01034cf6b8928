/** The built-in policies, by name, in the order of the real system's history, the lab's own, and the gallery. A new one is a file of its own and a line here. */
import type { Policy } from '../plug/index.ts'
import { dedicatedFamily } from './dedicated-family.ts'
import { gallery } from './gallery/index.ts'
import { open } from './open.ts'
import { placement } from './placement.ts'
import { pools1a5822c } from './pools-1a5822c.ts'
import { pools25fdd11 } from './pools-25fdd11.ts'
import { poolsAfe8135 } from './pools-afe8135.ts'
import { poolsC636354 } from './pools-c636354.ts'
import { poolsD678140 } from './pools-d678140.ts'
import { poolsDraining } from './pools-draining.ts'
import { pools } from './pools.ts'

export const builtinPolicies: readonly Policy[] = [
  open,
  poolsC636354,
  pools1a5822c,
  poolsD678140,
  pools25fdd11,
  poolsAfe8135,
  dedicatedFamily,
  placement,
  pools,
  poolsDraining,
  ...gallery,
]

export const policyNames: readonly string[] = builtinPolicies.map((policy) => policy.name)

export const findPolicy = (name: string): Policy | undefined => builtinPolicies.find((policy) => policy.name === name)
