/** Which pools a label or a build belongs to: the aliases that own it, or itself when none does. */
import type { ModelName } from '../base/ids.ts'
import type { AliasView, PolicyContext } from './context.ts'

type Aliases = ReadonlyMap<ModelName, AliasView>

const NONE: readonly string[] = []

/** Answers by alias map: a scan asks for the same few names once per provider, and the map is replaced when it changes. */
const remembered = new WeakMap<Aliases, Map<string, readonly string[]>>()

/**
 * An alias name is its own pool. A build belongs to every alias that has it as desired, previous or retired, in byte
 * order; a build without an alias is a pool by itself; '' is none.
 */
export function poolKeys(labelOrBuild: string, { aliases }: Pick<PolicyContext, 'aliases'>): readonly string[] {
  if (labelOrBuild === '') return NONE
  let known = remembered.get(aliases)
  if (known === undefined) remembered.set(aliases, (known = new Map()))
  let keys = known.get(labelOrBuild)
  if (keys === undefined) known.set(labelOrBuild, (keys = ownersOf(labelOrBuild, aliases)))
  return keys
}

function ownersOf(labelOrBuild: string, aliases: Aliases): readonly string[] {
  if (aliases.has(labelOrBuild)) return [labelOrBuild]
  const owners: string[] = []
  for (const { name, desired, previous, retired } of aliases.values()) {
    if (desired === labelOrBuild || previous === labelOrBuild || retired.some((build) => build === labelOrBuild)) {
      owners.push(name)
    }
  }
  // Array.sort without a comparator orders by UTF-16 code units: byte order for the ASCII names of models.
  return owners.length > 0 ? owners.sort() : [labelOrBuild]
}

/** Two labels or builds share a pool when they share a key. */
export function samePool(a: string, b: string, context: Pick<PolicyContext, 'aliases'>): boolean {
  if (a === b) return a !== ''
  const keysOfB = poolKeys(b, context)
  return poolKeys(a, context).some((key) => keysOfB.includes(key))
}
