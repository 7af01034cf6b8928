/** Who asks: accounts and their limits, conversations, the size of a body. Facts: coordinator-routing §2, §5, §6. */
import { z } from 'zod'
import { byName, bytes, duration, within } from '../../base/config.ts'
import { count, ours, positiveCount, real } from './setting.ts'

export const door = {
  FRAME_LIMIT: ours(
    bytes().prefault('32MiB'),
    'Largest body a provider takes; more is answered 413.',
    'constant of the real program',
  ),
  CACHE_AFFINITY_TTL: real(
    duration().prefault('10m'),
    'How long a conversation is remembered.',
    'registry/config.go of June; no reader in the autumn',
  ),
  CACHE_AFFINITY_ENTRIES: ours(
    count().default(10_000),
    'How many conversations are remembered.',
    'constant of the real program',
  ),
  CACHE_AFFINITY_BONUS_MS: real(
    within(0, 10_000).default(1_500),
    'Taken off the cost of the machine that served the conversation last, ms.',
    'registry/config.go of June; no reader in the autumn',
  ),
  ACCOUNTS: ours(
    byName(
      z.strictObject({
        tokens_per_minute: positiveCount().optional().describe('Prompt plus max_tokens; more is answered 429.'),
        spend_cap_tokens: positiveCount()
          .optional()
          .describe('Tokens of finished answers; then 402 insufficient_quota.'),
        balance_tokens: positiveCount().optional().describe('Tokens paid for; then 402 insufficient_funds.'),
      }),
    ).prefault({}),
    'Limits of single accounts. Assumed shape: the real ones are private. Absent: none.',
    'assumed; stands for RATE_LIMIT_… and the accounts’ own limits',
    { notHere: 'Rates of requests, and separate rates of prompt and answer tokens.' },
  ),
}
