/**
 * What an account may still use (A6, A7). The real limits belong to each customer and are not published; only their place
 * in the order, their status codes and their ledger reasons are (facts: coordinator-routing §6). The shape is ASSUMED: so many
 * tokens (prompt and max_tokens) per minute of the clock, a cap on tokens spent, a balance of tokens paid for.
 */
import type { Micros } from '../../base/time.ts'
import type { CoordinatorSettings } from '../config.ts'

const MINUTE = 60_000_000

export type AccountRefusal = 'token_limit' | 'insufficient_quota' | 'insufficient_funds'

interface Use {
  /** Minute of the clock that `tokens` belongs to. */
  minute: number
  tokens: number
  /** Prompt and completion tokens of finished answers. */
  spent: number
}

export class Accounts {
  private readonly uses = new Map<string, Use>()

  constructor(private readonly settings: () => Pick<CoordinatorSettings, 'ACCOUNTS'>) {}

  /** Looks only. `tokens`: prompt and limit of the request. */
  refusal(account: string, tokens: number, now: Micros): AccountRefusal | undefined {
    const limits = this.settings().ACCOUNTS[account]
    if (limits === undefined) return undefined
    const use = this.uses.get(account)
    const { tokens_per_minute, spend_cap_tokens, balance_tokens } = limits
    const inMinute = use !== undefined && use.minute === minuteOf(now) ? use.tokens : 0
    if (tokens_per_minute !== undefined && inMinute + tokens > tokens_per_minute) return 'token_limit'
    const spent = use?.spent ?? 0
    if (spend_cap_tokens !== undefined && spent >= spend_cap_tokens) return 'insufficient_quota'
    return balance_tokens !== undefined && spent >= balance_tokens ? 'insufficient_funds' : undefined
  }

  /** A request was let in. */
  admitted(account: string, tokens: number, now: Micros): void {
    if (this.settings().ACCOUNTS[account] === undefined) return
    const use = this.use(account)
    const minute = minuteOf(now)
    if (use.minute !== minute) {
      use.minute = minute
      use.tokens = 0
    }
    use.tokens += tokens
  }

  /** An answer was finished. */
  spent(account: string, tokens: number): void {
    if (this.settings().ACCOUNTS[account] !== undefined) this.use(account).spent += tokens
  }

  private use(account: string): Use {
    const known = this.uses.get(account)
    if (known !== undefined) return known
    const fresh: Use = { minute: -1, tokens: 0, spent: 0 }
    this.uses.set(account, fresh)
    return fresh
  }
}

const minuteOf = (now: Micros): number => Math.floor(now / MINUTE)
