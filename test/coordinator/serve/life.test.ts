/** Whatever providers and clients do, in whatever order: every request ends once, and nothing stays behind. */
import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'
import type { ProviderId } from '../../../sim/base/ids.ts'
import { A, B, slot, World } from '../world.ts'
import { casesOf } from '../../tier.ts'

type Step = readonly [what: number, which: number]

/** One thing that may happen; `which` picks the machine or the dispatch it happens to. */
function step(world: World, [what, which]: Step): void {
  const dispatches = world.rowsOf('dispatched')
  const dispatch = dispatches[which % Math.max(1, dispatches.length)]
  const provider = (which % 4) as ProviderId
  switch (what) {
    case 0:
    case 1:
      world.ask({ model: which % 3 === 0 ? B : A, stream: which % 2 === 0, hasTools: which % 5 === 0 })
      return
    case 2:
      world.beat(provider, { slots: [slot(A, { maxConcurrency: 2, running: which % 3 })] })
      return
    case 3:
      world.pass((which % 40) / 10)
      return
    case 4:
      world.pass(which % 130)
      return
    case 5:
      if (dispatch !== undefined) world.cancel(dispatch.request)
      return
    case 6:
      world.coordinator.disconnected(provider)
      return
    case 7:
      world.mac({ models: [A, B], slots: [slot(A, { maxConcurrency: 2 })] })
      return
    default:
      if (dispatch !== undefined) hear(world, what, dispatch)
  }
}

function hear(world: World, what: number, dispatch: ReturnType<typeof world.rowsOf<'dispatched'>>[number]): void {
  const { provider, request, attempt } = dispatch
  if (what === 8) world.says(provider, 'accepted', request, attempt)
  else if (what === 9) world.says(provider, 'preamble', request, attempt)
  else if (what === 10) world.says(provider, 'first_content', request, attempt)
  else if (what === 11) world.completes(provider, request, attempt)
  else if (what === 12) world.errs(provider, request, 500, 'All requests aborted', attempt)
  else world.errs(provider, request, 503, 'model load failed: slots active', attempt)
}

const steps = fc.array(fc.tuple(fc.nat(13), fc.nat(200)), { maxLength: 60 })

test.prop([steps], { numRuns: casesOf(150) })(
  'every request ends at most once, and all are over when time is',
  (life) => {
    const world = new World().start()
    world.mac({ models: [A, B], slots: [slot(A, { maxConcurrency: 2 })] })
    let arrived = 0
    let cancelled = 0
    for (const each of life) {
      const before = world.coordinator.openRequests
      const answered = world.answers.length
      step(world, each)
      if (each[0] < 2) arrived += 1
      if (each[0] === 5 && world.answers.length === answered) cancelled += before - world.coordinator.openRequests
    }
    // Longest possible life: 120 s in the queue, then 600 s for each of the few machines there are.
    world.pass(120 + 600 * 20)
    expect(world.coordinator.openRequests).toBe(0)
    expect(world.coordinator.queuedRequests).toBe(0)
    const endings = world.answers
      .filter(({ answer }) => answer.kind !== 'first_token')
      .map(({ answer }) => answer.request)
    expect(new Set(endings).size).toBe(endings.length)
    expect(endings.length).toBe(arrived - cancelled)
    const begun = world.rowsOf('dispatched').map((row) => `${row.request}/${row.attempt}`)
    const ended = world.rowsOf('attempt_ended').map((row) => `${row.request}/${row.attempt}`)
    expect(ended.toSorted()).toEqual(begun.toSorted())
    expect(new Set(ended).size).toBe(ended.length)
    expect(world.rowsOf('dequeued')).toHaveLength(world.rowsOf('queued').length)
  },
)

test.prop([steps], { numRuns: casesOf(20) })('the same messages give the same rows', (life) => {
  const [one, two] = [new World().start(), new World().start()]
  for (const world of [one, two]) {
    world.mac({ models: [A, B], slots: [slot(A, { maxConcurrency: 2 })] })
    for (const each of life) step(world, each)
  }
  expect(one.rows).toEqual(two.rows)
})
