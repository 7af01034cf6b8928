/**
 * Which machine a conversation was served by last, so that its prefix cache is found again (S1, S8; facts:
 * coordinator-routing §5, coordinator-control §3.5): by account, build and key, for 10 min, 10,000 of them. Learnt from
 * completed answers: the facts do not say at which moment the real program learns.
 */
import type { BuildId, ProviderId } from '../../base/ids.ts'
import { addMicros, type Micros } from '../../base/time.ts'
import type { CoordinatorSettings } from '../config.ts'
import { isDedicated } from './dedicated.ts'

interface Entry {
  readonly provider: ProviderId
  readonly until: Micros
}

type Settings = Pick<CoordinatorSettings, 'CACHE_AFFINITY_TTL' | 'CACHE_AFFINITY_ENTRIES' | 'DEDICATED_MODELS'>

export interface Conversation {
  readonly account: string
  readonly cacheKey: string
}

export class CacheAffinity {
  /** Oldest first: a map keeps the order in which its keys were set. */
  private readonly entries = new Map<string, Entry>()

  constructor(private readonly settings: () => Settings) {}

  /** -1: none, or forgotten. Dedicated models have none. */
  find(conversation: Conversation, build: BuildId, now: Micros): ProviderId | -1 {
    if (conversation.cacheKey === '' || isDedicated(build, this.settings())) return -1
    const entry = this.entries.get(keyOf(conversation, build))
    return entry === undefined || entry.until <= now ? -1 : entry.provider
  }

  remember(conversation: Conversation, build: BuildId, provider: ProviderId, now: Micros): void {
    if (conversation.cacheKey === '') return
    const { CACHE_AFFINITY_TTL, CACHE_AFFINITY_ENTRIES } = this.settings()
    const key = keyOf(conversation, build)
    this.entries.delete(key)
    this.entries.set(key, { provider, until: addMicros(now, CACHE_AFFINITY_TTL) })
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= CACHE_AFFINITY_ENTRIES) break
      this.entries.delete(oldest)
    }
  }
}

const keyOf = ({ account, cacheKey }: Conversation, build: BuildId): string => `${account}\n${build}\n${cacheKey}`
