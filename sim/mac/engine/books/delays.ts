/**
 * Where the time of a finished attempt went on its Mac, from the message's arrival to the answer's departure: in the
 * event loop, at the load gate, in its own load, in the engine. Nanoseconds; solo and all shares add up to the stay.
 */
import { assert } from '../../../base/assert.ts'
import { type Micros, NANOS_PER_MICRO } from '../../../base/time.ts'
import { type Culprit, type DelayShare, NONE, type RowDelays } from '../engine.ts'

/** A stretch before the engine had the request. */
export interface Wait {
  readonly culprit: Culprit
  readonly cause: 'load' | 'queue'
  readonly micros: number
}

type Nanos = { -readonly [part in keyof DelayShare]: DelayShare[part] }

const noDelay = (culprit: Culprit): Nanos => ({ culprit, gpu: 0, memory: 0, thermal: 0, load: 0, queue: 0 })

const isAny = ({ gpu, memory, thermal, load, queue }: DelayShare): boolean =>
  gpu !== 0 || memory !== 0 || thermal !== 0 || load !== 0 || queue !== 0

/** `stay`: microseconds on the Mac; `prepare`: of template and tokenising, which it would have needed alone as well. */
export function delaysOf(stay: number, prepare: Micros, waits: readonly Wait[], engine: RowDelays): RowDelays {
  // A handful: looking through them is faster than a map.
  const shares: Nanos[] = []
  const of = (culprit: Culprit): Nanos => {
    for (const share of shares) if (share.culprit === culprit) return share
    const share = noDelay(culprit)
    shares.push(share)
    return share
  }
  const soloNanos = prepare * NANOS_PER_MICRO + engine.soloNanos
  let left = stay * NANOS_PER_MICRO - soloNanos
  for (const { culprit, cause, micros } of waits) {
    of(culprit)[cause] += micros * NANOS_PER_MICRO
    left -= micros * NANOS_PER_MICRO
  }
  for (const share of engine.shares) {
    const mine = of(share.culprit)
    mine.gpu += share.gpu
    mine.memory += share.memory
    mine.thermal += share.thermal
    mine.load += share.load
    mine.queue += share.queue
    left -= share.gpu + share.memory + share.thermal + share.load + share.queue
  }
  // The engine's steps end between microseconds; the answer leaves with the next one.
  assert(left >= 0 && left < NANOS_PER_MICRO, 'all of a stay but the last microsecond is accounted for')
  if (left > 0) of(NONE).queue += left
  return { soloNanos, shares: shares.filter(isAny) }
}
