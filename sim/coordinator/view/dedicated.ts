/**
 * The dedicated-family rule that shipped instead of pools (PR 434; facts: coordinator-control §3.9): a model whose build id
 * contains a listed pattern may only use machines whose whole advertised set matches the same pattern. A static partition:
 * what the owner keeps on the disk decides, nothing moves.
 */
import type { BuildId } from '../../base/ids.ts'
import type { CoordinatorSettings } from '../config.ts'
import type { ProviderRecord } from './provider-record.ts'

type Settings = Pick<CoordinatorSettings, 'DEDICATED_MODELS'>

/** The first listed pattern that the id contains, in small letters: either case is the same. '' = none. */
function familyOf(build: BuildId, patterns: readonly string[]): string {
  const name = build.toLowerCase()
  for (const pattern of patterns) {
    const family = pattern.toLowerCase()
    if (name.includes(family)) return family
  }
  return ''
}

export const isDedicated = (build: BuildId, { DEDICATED_MODELS }: Settings): boolean =>
  DEDICATED_MODELS.length > 0 && familyOf(build, DEDICATED_MODELS) !== ''

/** Models outside every family are not bound by it. */
export function keepsFamily(provider: ProviderRecord, build: BuildId, { DEDICATED_MODELS }: Settings): boolean {
  if (DEDICATED_MODELS.length === 0) return true
  const family = familyOf(build, DEDICATED_MODELS)
  if (family === '') return true
  for (const other of provider.advertised) if (!other.toLowerCase().includes(family)) return false
  return true
}
