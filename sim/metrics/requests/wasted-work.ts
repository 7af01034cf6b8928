/**
 * Tokens that Macs worked for nobody: of attempts that lost a race, were recalled or broke, and what was decoded beyond
 * what the client got. A request is settled when it has ended and its last attempt has left its Mac.
 */
import type { RowOf } from '../../trace/schema.ts'

interface Stay {
  readonly attempt: number
  readonly prefilled: number
  readonly decoded: number
}

interface Account {
  readonly model: number
  readonly stays: Stay[]
  /** Sent to a Mac and not yet left it. */
  outstanding: number
  ending: RowOf<'ended'> | undefined
}

export interface Wasted {
  readonly prompt: number
  readonly completion: number
}

export class WastedWork {
  private readonly accounts = new Map<number, Account>()
  private readonly wasted: { prompt: number; completion: number }[] = []

  /** A request whose figures count. */
  arrived(request: number, model: number): void {
    this.accounts.set(request, { model, stays: [], outstanding: 0, ending: undefined })
  }

  dispatched(row: RowOf<'dispatched'>): void {
    const account = this.accounts.get(row.request)
    if (account !== undefined) account.outstanding += 1
  }

  work(row: RowOf<'work'>): void {
    const account = this.accounts.get(row.request)
    if (account === undefined) return
    account.outstanding -= 1
    account.stays.push({ attempt: row.attempt, prefilled: row.prefilledTokens, decoded: row.decodedTokens })
    this.settleIfDone(row.request, account)
  }

  ended(row: RowOf<'ended'>): void {
    const account = this.accounts.get(row.request)
    if (account === undefined) return
    account.ending = row
    this.settleIfDone(row.request, account)
  }

  /** Of one model, by its place; what never left its Mac before the run ended is settled by what is known. */
  result(model: number): Wasted {
    for (const [request, account] of this.accounts) if (account.ending !== undefined) this.settle(request, account)
    return this.wasted[model] ?? { prompt: 0, completion: 0 }
  }

  private settleIfDone(request: number, account: Account): void {
    if (account.ending !== undefined && account.outstanding === 0) this.settle(request, account)
  }

  private settle(request: number, { model, stays, ending }: Account): void {
    this.accounts.delete(request)
    const isServed = ending?.outcome === 'served'
    const sum = (this.wasted[model] ??= { prompt: 0, completion: 0 })
    for (const { attempt, prefilled, decoded } of stays) {
      const wins = isServed && attempt === ending.attempt
      if (!wins) sum.prompt += prefilled
      sum.completion += wins ? decoded - ending.completionTokens : decoded
    }
  }
}
