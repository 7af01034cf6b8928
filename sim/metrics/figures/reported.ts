/**
 * Figures in the form in which operators published theirs: prompts of those served and those refused, which Macs the served
 * ones went to, how many Macs are warm and active, first tokens counted from dispatch, what the coordinator had expected.
 * Scenarios hold them against the published ones; nothing else needs them. Of requests that arrived after warm-up.
 */
import type { RowOf } from '../../trace/schema.ts'
import { Samples } from './distribution.ts'
import type { RunResult } from '../result.ts'
import { shareOf, type Window } from '../window.ts'

type ServedOn = keyof RunResult['reported']['served_on']

interface Followed {
  readonly model: string
  readonly promptTokens: number
  isQueued: boolean
  isExpected: boolean
  /** The attempt sent last; undefined: none. */
  sent: Sent | undefined
}

/** An attempt: when it was sent, and to what kind of Mac. */
interface Sent {
  readonly attempt: number
  readonly at: number
  readonly to: ServedOn
  /** The one sent before it. Nearly always there is none, and an array that is added to has room for seventeen. */
  readonly before: Sent | undefined
}

function sentAs(attempt: number, followed: Followed | undefined): Sent | undefined {
  let sent = followed?.sent
  while (sent !== undefined && sent.attempt !== attempt) sent = sent.before
  return sent
}

const sumOf = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0)

class ModelReport {
  queued = 0
  readonly candidates = new Samples()
  readonly estimate_ms = new Samples()
  readonly fromDispatch_ms = new Samples()
}

/** As many as one report blamed for 83 % of the errors. */
const WORST = 9

const ONLINE = 1
const WARM = 2
const ACTIVE = 4

/** Mean number of Macs in a state, over the window. */
class MeanCount {
  private count = 0
  private since = 0
  private integral = 0

  constructor(private readonly window: Window) {}

  change(by: number, at: number): void {
    if (by === 0) return
    this.settle(at)
    this.count += by
  }

  mean(at: number): number {
    this.settle(at)
    return shareOf(this.integral, this.window.overlap(0, at))
  }

  private settle(at: number): void {
    this.integral += this.count * this.window.overlap(this.since, at)
    this.since = at
  }
}

export class Reported {
  private readonly served = new Samples()
  private readonly refused = new Samples()
  private readonly fromDispatch_ms = new Samples()
  private readonly servedOn: { [on in ServedOn]: number } = { idle_warm: 0, busy_warm: 0, cold: 0 }
  private readonly answered = { ok: 0, rate_limited: 0, server_error: 0 }
  private readonly errorsOf = new Map<number, number>()
  private readonly models = new Map<string, ModelReport>()
  private readonly live = new Map<number, Followed>()
  private readonly machineOf = new Map<number, number>()
  /** Bits of what a Mac is. */
  private readonly states: number[] = []
  private readonly connected: MeanCount
  private readonly warm: MeanCount
  private readonly active: MeanCount

  constructor(
    private readonly window: Window,
    models: readonly string[],
  ) {
    this.connected = new MeanCount(window)
    this.warm = new MeanCount(window)
    this.active = new MeanCount(window)
    for (const model of models) this.modelOf(model)
  }

  private modelOf(model: string): ModelReport {
    const known = this.models.get(model)
    if (known !== undefined) return known
    const made = new ModelReport()
    this.models.set(model, made)
    return made
  }

  registered({ provider, machine }: RowOf<'registered'>): void {
    this.machineOf.set(provider, machine)
  }

  machineState({ machine, at, online, residentBuilds, live }: RowOf<'machine_state'>): void {
    const before = this.states[machine] ?? 0
    const now = online ? ONLINE + (residentBuilds > 0 ? WARM : 0) + (live > 0 ? ACTIVE : 0) : 0
    if (before === now) return
    this.states[machine] = now
    const step = (bit: number): number => (now & bit) / bit - (before & bit) / bit
    this.connected.change(step(ONLINE), at)
    this.warm.change(step(WARM), at)
    this.active.change(step(ACTIVE), at)
  }

  arrived({ request, model, estimatedPromptTokens, at }: RowOf<'arrived'>): void {
    if (at < this.window.start) return
    this.modelOf(model)
    this.live.set(request, {
      model,
      promptTokens: estimatedPromptTokens,
      isQueued: false,
      isExpected: false,
      sent: undefined,
    })
  }

  preflight({ request, candidates }: RowOf<'preflight'>): void {
    const followed = this.live.get(request)
    if (followed !== undefined) this.modelOf(followed.model).candidates.add(candidates)
  }

  attemptEnded({ provider, outcome, at }: RowOf<'attempt_ended'>): void {
    if (at < this.window.start || outcome === 'success' || outcome === 'cancelled') return
    const machine = this.machineOf.get(provider) ?? -1
    this.errorsOf.set(machine, (this.errorsOf.get(machine) ?? 0) + 1)
  }

  queued({ request }: RowOf<'queued'>): void {
    const followed = this.live.get(request)
    if (followed === undefined || followed.isQueued) return
    followed.isQueued = true
    this.modelOf(followed.model).queued += 1
  }

  /** The first choice for a request is the one it was let in for. */
  priced({ request, ttft_ms }: RowOf<'priced'>): void {
    const followed = this.live.get(request)
    if (followed === undefined || followed.isExpected) return
    followed.isExpected = true
    if (ttft_ms >= 0) this.modelOf(followed.model).estimate_ms.add(ttft_ms)
  }

  dispatched({ request, attempt, provider, slotState, at }: RowOf<'dispatched'>): void {
    const followed = this.live.get(request)
    if (followed === undefined) return
    const machine = this.machineOf.get(provider)
    const isActive = machine !== undefined && ((this.states[machine] ?? 0) & ACTIVE) > 0
    const isWarm = slotState === 'running' || slotState === 'idle'
    const to = !isWarm ? 'cold' : isActive ? 'busy_warm' : 'idle_warm'
    followed.sent = { attempt, at, to, before: followed.sent }
  }

  firstToken({ request, attempt, at }: RowOf<'first_token'>): void {
    const followed = this.live.get(request)
    const sent = sentAs(attempt, followed)
    if (followed === undefined || sent === undefined) return
    const took_ms = (at - sent.at) / 1_000
    this.fromDispatch_ms.add(took_ms)
    this.modelOf(followed.model).fromDispatch_ms.add(took_ms)
  }

  ended({ request, outcome, status, attempt }: RowOf<'ended'>): void {
    const followed = this.live.get(request)
    if (followed === undefined) return
    this.live.delete(request)
    if (status === 429) {
      this.answered.rate_limited += 1
      this.refused.add(followed.promptTokens)
    } else if (status >= 500) this.answered.server_error += 1
    if (outcome !== 'served') return
    this.answered.ok += 1
    this.served.add(followed.promptTokens)
    const sent = sentAs(attempt, followed)
    if (sent !== undefined) this.servedOn[sent.to] += 1
  }

  result(at: number): Pick<RunResult, 'reported' | 'reported_by_model'> {
    return {
      reported: {
        answered: { ...this.answered },
        attempt_errors: this.errors(),
        ttft_from_dispatch_ms: this.fromDispatch_ms.distribution(),
        prompt_tokens: { served: this.served.distribution(), refused: this.refused.distribution() },
        served_on: { ...this.servedOn },
        macs: { connected: this.connected.mean(at), warm: this.warm.mean(at), active: this.active.mean(at) },
      },
      reported_by_model: Object.fromEntries(
        [...this.models].map(([model, report]) => [
          model,
          {
            queued: report.queued,
            candidates: report.candidates.distribution(),
            ttft_estimate_ms: report.estimate_ms.distribution(),
            ttft_from_dispatch_ms: report.fromDispatch_ms.distribution(),
          },
        ]),
      ),
    }
  }

  private errors(): RunResult['reported']['attempt_errors'] {
    const counts = [...this.errorsOf.values()].toSorted((a, b) => b - a)
    return { all: sumOf(counts), of_worst: counts[0] ?? 0, of_worst_nine: sumOf(counts.slice(0, WORST)) }
  }
}
