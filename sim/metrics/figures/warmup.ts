/**
 * `warmup: auto`. Where to cut is known only at the end, and what lies before the cut must leave every figure, so the
 * rows are stored while the run goes, the cut is found (MSER-5 over the TTFT of served requests in order of arrival),
 * and the stored rows are replayed into metrics that know it. Costs the memory of a store; a fixed warm-up does not.
 */
import type { Micros } from '../../base/time.ts'
import type { TraceRow } from '../../trace/row.ts'
import { TraceStore } from '../../trace/store.ts'
import { mser5 } from './mser.ts'
import { type MetricsOptions, RunMetrics } from '../run-metrics.ts'
import type { RunWarning } from '../result.ts'
import type { MetricsSettings } from '../settings.ts'

const UNSETTLED: RunWarning = {
  code: 'no_steady_state',
  about: '',
  text: 'warmup: auto found no steady state; the run is too short or never settles; look at duration or warmup',
  look: 'duration or warmup',
}

export interface DetectedWarmup {
  readonly warmup: Micros
  readonly metrics: RunMetrics
  /** That the detection found no steady state; or nothing. */
  readonly warned: readonly RunWarning[]
}

export class WarmupDetector {
  private readonly store = new TraceStore()

  /** A subscriber of the trace. */
  readonly row = (row: TraceRow): void => this.store.row(row)

  /** After the last row; `settings.warmup` is replaced by what was found. */
  detect(settings: Omit<MetricsSettings, 'warmup'>, options: MetricsOptions = {}): DetectedWarmup {
    const { arrivedAt, ttft } = this.servedTtft()
    const cut = mser5(ttft)
    const warmup = (cut.samples === 0 ? 0 : arrivedAt[cut.samples]!) as Micros
    const metrics = new RunMetrics({ ...settings, warmup }, options)
    for (const row of this.store) metrics.row(row)
    return { warmup, metrics, warned: cut.settled ? [] : [UNSETTLED] }
  }

  /** Over served requests in the order of their arrival, which is the order of their ids. */
  private servedTtft(): { readonly arrivedAt: readonly number[]; readonly ttft: readonly number[] } {
    const { store } = this
    const requests = store.column('arrived', 'request')
    const times = store.column('arrived', 'at')
    const firstTokenAt = new Map<number, number>()
    const firstTokens = store.column('first_token', 'request')
    const firstTimes = store.column('first_token', 'at')
    firstTokens.forEach((request: number, i: number) => firstTokenAt.set(request, firstTimes[i]!))
    const servedAt = new Map<number, number>()
    const ended = store.column('ended', 'request')
    const outcomes = store.column('ended', 'outcome')
    const endTimes = store.column('ended', 'at')
    for (let i = 0; i < ended.length; i += 1) {
      if (store.texts.text(outcomes[i]!) === 'served') servedAt.set(ended[i]!, endTimes[i]!)
    }
    const arrivedAt: number[] = []
    const ttft: number[] = []
    for (let i = 0; i < requests.length; i += 1) {
      const end = servedAt.get(requests[i]!)
      if (end === undefined) continue
      arrivedAt.push(times[i]!)
      ttft.push((firstTokenAt.get(requests[i]!) ?? end) - times[i]!)
    }
    return { arrivedAt, ttft }
  }
}
