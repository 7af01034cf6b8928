import { describe, expect, it } from 'vitest'
import { fc, test } from '@fast-check/vitest'
import { InvariantError } from '../../sim/base/assert.ts'
import { EventQueue } from '../../sim/kernel/event-queue.ts'
import type { EventHandler, EventId, Priority } from '../../sim/kernel/scheduler.ts'
import { casesOf } from '../tier.ts'

const nothing: EventHandler = () => {}

interface Entry {
  readonly time: number
  readonly priority: Priority
  readonly label: number
}

/** The slow, obvious queue: a list, sorted anew for every look. */
class ReferenceQueue {
  private entries: Entry[] = []

  push(entry: Entry): void {
    this.entries.push(entry)
  }
  first(): Entry | undefined {
    return this.entries.toSorted((a, b) => a.time - b.time || a.priority - b.priority || a.label - b.label)[0]
  }
  remove(entry: Entry): boolean {
    const before = this.entries.length
    this.entries = this.entries.filter((other) => other !== entry)
    return this.entries.length < before
  }
  get size(): number {
    return this.entries.length
  }
}

type Action =
  | { readonly kind: 'push'; readonly time: number; readonly priority: Priority }
  | { readonly kind: 'pop' }
  | { readonly kind: 'cancel'; readonly which: number }
  | { readonly kind: 'look' }

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('push' as const),
      // Few values, hence many ties.
      time: fc.integer({ min: 0, max: 12 }),
      priority: fc.integer({ min: 0, max: 6 }) as fc.Arbitrary<Priority>,
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'pop' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), which: fc.nat(1_000) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'look' as const }) },
)

describe('EventQueue', () => {
  test.prop([fc.array(action, { maxLength: 400 }), fc.integer({ min: 1, max: 5 })], { numRuns: casesOf(300), seed: 7 })(
    'agrees with a sorted list under any sequence of push, pop and cancel, even when slots retire after a few uses',
    (actions, generationMax) => {
      const queue = new EventQueue({ generationMax })
      const reference = new ReferenceQueue()
      const handles: { readonly id: EventId; readonly entry: Entry }[] = []
      for (const step of actions) {
        if (step.kind === 'push') {
          const entry = { time: step.time, priority: step.priority, label: handles.length }
          reference.push(entry)
          handles.push({ id: queue.push(step.time, step.priority, nothing, entry.label), entry })
        } else if (step.kind === 'pop') {
          const first = reference.first()
          if (first === undefined) continue
          expect(queue.payloadOf(queue.popSlot())).toBe(first.label)
          reference.remove(first)
        } else if (step.kind === 'cancel') {
          const handle = handles[step.which % Math.max(1, handles.length)]
          if (handle !== undefined) expect(queue.cancel(handle.id)).toBe(reference.remove(handle.entry))
        } else {
          expect(queue.firstTime()).toBe(reference.first()?.time ?? Infinity)
        }
        expect(queue.size).toBe(reference.size)
      }
      expect(new Set(handles.map((handle) => handle.id)).size).toBe(handles.length)
    },
  )

  it('keeps the order across many growths', () => {
    const queue = new EventQueue()
    const times = Array.from({ length: 10_000 }, (_, i) => (i * 7_919) % 10_007)
    for (const time of times) queue.push(time, 0, nothing, time)
    const popped = times.map(() => queue.payloadOf(queue.popSlot()))
    expect(popped).toEqual(times.toSorted((a, b) => a - b))
  })

  it('does not take the handle of an event that ran for the event that now uses its slot', () => {
    const queue = new EventQueue()
    const old = queue.push(1, 0, nothing, 0)
    queue.popSlot()
    queue.push(2, 0, nothing, 0)
    expect(queue.cancel(old)).toBe(false)
    expect(queue.size).toBe(1)
  })

  it.each([-1, 0.5, 1e9, 2 ** 52, NaN, Infinity])('answers false to the made-up handle %s', (handle) => {
    const queue = new EventQueue()
    queue.push(1, 0, nothing, 0)
    queue.popSlot()
    expect(queue.cancel(handle as EventId)).toBe(false)
  })

  it('throws rather than run out of sequence numbers silently', () => {
    const queue = new EventQueue({ sequencesMax: 2 })
    queue.push(1, 0, nothing, 0)
    queue.push(1, 0, nothing, 0)
    expect(() => queue.push(1, 0, nothing, 0)).toThrow(InvariantError)
  })

  it('throws when popped while empty', () => {
    expect(() => new EventQueue().popSlot()).toThrow(InvariantError)
  })
})
