/** What a bound is about: the requests that a run counts. */
import type { TraceRow } from '../../trace/row.ts'

export interface Asked {
  readonly model: string
  readonly prompt: number
  readonly output: number
}

/** The requests that a run counts: those that arrived after warm-up. */
export class CountedDemand {
  private readonly users = new Map<number, Asked>()
  private readonly asked: Asked[] = []

  constructor(private readonly warmup: number | 'auto') {}

  readonly row = (row: TraceRow): void => {
    if (row.kind === 'user_request') {
      const { model, promptTokens: prompt, outputTokens, maxTokens } = row
      this.users.set(row.user, {
        model,
        prompt,
        output: maxTokens > 0 ? Math.min(outputTokens, maxTokens) : outputTokens,
      })
    } else if (row.kind === 'arrived' && (this.warmup === 'auto' || row.at >= this.warmup)) {
      const request = this.users.get(row.user)
      if (request !== undefined) this.asked.push(request)
    }
  }

  counted(): readonly Asked[] {
    return this.asked
  }
}
