/** The built-in policies, by name. A new one is a file of its own and a line here. */
import type { Policy } from '../plug/index.ts'
import { open } from './open.ts'
import { poolsAfe8135 } from './pools-afe8135.ts'

export const builtinPolicies: readonly Policy[] = [open, poolsAfe8135]

export const policyNames: readonly string[] = builtinPolicies.map((policy) => policy.name)

export const findPolicy = (name: string): Policy | undefined => builtinPolicies.find((policy) => policy.name === name)
