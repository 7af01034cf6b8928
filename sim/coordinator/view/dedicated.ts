/**
 * The dedicated-family rule that shipped instead of pools (PR 434; facts: coordinator-control §3.9): a model whose build id
 * contains a listed pattern may only use machines whose whole advertised set matches the same pattern. A static partition:
 * what the owner keeps on the disk decides, nothing moves.
 */
import type { BuildId } from '../../base/ids.ts'
import type { CoordinatorSettings } from '../config.ts'
import type { ProviderRecord } from './provider-record.ts'

type Settings = Pick<CoordinatorSettings, 'DEDICATED_MODELS'>

interface Known {
  /** The pattern a build is of, '' = none. */
  readonly families: Map<BuildId, string>
  /** In small letters: either case is the same. */
  readonly names: Map<BuildId, string>
}

/** By pattern list, because a scan asks for the same few builds once per provider; the list is replaced when it changes. */
const remembered = new WeakMap<readonly string[], Known>()

function knownOf(patterns: readonly string[]): Known {
  let known = remembered.get(patterns)
  if (known === undefined) remembered.set(patterns, (known = { families: new Map(), names: new Map() }))
  return known
}

function nameOf(build: BuildId, known: Known): string {
  let name = known.names.get(build)
  if (name === undefined) known.names.set(build, (name = build.toLowerCase()))
  return name
}

/** The first listed pattern that the id contains. */
function familyOf(build: BuildId, patterns: readonly string[]): string {
  const known = knownOf(patterns)
  let family = known.families.get(build)
  if (family === undefined) {
    const name = nameOf(build, known)
    family = patterns.map((pattern) => pattern.toLowerCase()).find((pattern) => name.includes(pattern)) ?? ''
    known.families.set(build, family)
  }
  return family
}

export const isDedicated = (build: BuildId, { DEDICATED_MODELS }: Settings): boolean =>
  DEDICATED_MODELS.length > 0 && familyOf(build, DEDICATED_MODELS) !== ''

/** Models outside every family are not bound by it. */
export function keepsFamily(provider: ProviderRecord, build: BuildId, { DEDICATED_MODELS }: Settings): boolean {
  if (DEDICATED_MODELS.length === 0) return true
  const family = familyOf(build, DEDICATED_MODELS)
  if (family === '') return true
  const known = knownOf(DEDICATED_MODELS)
  for (const other of provider.advertised) if (!nameOf(other, known).includes(family)) return false
  return true
}
