/**
 * The dedicated-family rule that shipped instead of pools (PR 434; facts: coordinator-control §3.9): a model whose build id
 * contains a listed pattern may only use machines whose whole advertised set matches a pattern too. A static
 * partition: what the owner keeps on the disk decides, nothing moves.
 */
import type { BuildId } from '../base/ids.ts'
import type { CoordinatorSettings } from './config.ts'
import type { ProviderRecord } from './provider-record.ts'

/** Answers by pattern list, because a scan asks for the same few builds once per provider; the list is replaced when it changes. */
const remembered = new WeakMap<readonly string[], Map<BuildId, boolean>>()

/** Letters of either case are the same. */
export function isDedicated(
  build: BuildId,
  { DEDICATED_MODELS }: Pick<CoordinatorSettings, 'DEDICATED_MODELS'>,
): boolean {
  if (DEDICATED_MODELS.length === 0) return false
  let known = remembered.get(DEDICATED_MODELS)
  if (known === undefined) remembered.set(DEDICATED_MODELS, (known = new Map()))
  let answer = known.get(build)
  if (answer === undefined) {
    const name = build.toLowerCase()
    answer = DEDICATED_MODELS.some((pattern) => pattern !== '' && name.includes(pattern.toLowerCase()))
    known.set(build, answer)
  }
  return answer
}

/** Models outside the family are not bound by it. */
export function keepsFamily(provider: ProviderRecord, build: BuildId, settings: CoordinatorSettings): boolean {
  if (settings.DEDICATED_MODELS.length === 0 || !isDedicated(build, settings)) return true
  for (const other of provider.advertised) if (!isDedicated(other, settings)) return false
  return true
}
