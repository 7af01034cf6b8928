/**
 * Prefix reuse as an option (provider-runtime 5.8). Which requests repeat a prefix is not known to a fleet model, so a
 * hit is luck: drawn from the request alone, that every policy faces the same. What a hit restores is what the engine
 * has kept: the largest checkpoint of the whole cache within the shared part, or whole blocks of it.
 */
import { hashDraw } from '../../../base/hash.ts'
import type { RequestId } from '../../../base/ids.ts'
import type { ModelSpec } from '../../../catalog/model.ts'
import type { MacSettings } from '../../config.ts'

/** Pure-attention models reuse blocks of this many tokens. */
const BLOCK_TOKENS = 256
/** Keeps these draws apart from others by seed and request: "pfx". */
const PURPOSE = 0x70_66_78
/** Extra copies of the restored KV that a hit reserves: provider-runtime 5.1. */
export const HIT_COPIES = 2

export class PrefixCache {
  constructor(
    private readonly settings: MacSettings['prefix_cache'],
    private readonly seed: number,
  ) {}

  /** Prompt tokens whose KV this Mac still holds; 0: none. Less than the prompt. */
  restoredTokens(request: RequestId, promptTokens: number, model: ModelSpec): number {
    const { hit_rate, shared } = this.settings
    if (hit_rate === 0 || hashDraw(this.seed, PURPOSE, request) >= hit_rate) return 0
    const held = Math.min(Math.floor(promptTokens * shared), promptTokens - 1)
    if (model.checkpoints.length === 0) return Math.floor(held / BLOCK_TOKENS) * BLOCK_TOKENS
    let largest = 0
    for (const checkpoint of model.checkpoints) if (checkpoint <= held) largest = Math.max(largest, checkpoint)
    return largest
  }
}
