/** What each optional surface of a policy changes, that it narrows and never widens, and that nothing it sees can be changed. */
import { describe, expect, it } from 'vitest'
import type { ProviderId } from '../../sim/base/ids.ts'
import { definePolicy, type Policy, type PolicyView, type ProviderView, whole } from '../../sim/plug/index.ts'
import { A, B, slot, World, type WorldOptions } from './world.ts'

const world = (policy: Policy, options: WorldOptions = {}): World => new World({ ...options, policy })
/** A world with so many like Macs. */
function fleetOf(count: number, policy: Policy, options: WorldOptions = {}): World {
  const made = world(policy, options)
  for (let i = 0; i < count; i++) made.mac()
  return made
}

const only = (serial: string): Policy =>
  definePolicy({ name: 'p', filter: (_request, machine) => machine.serial === serial })

const chosenWithin = (nearTie_ms: number): ProviderId[] => {
  const policy = definePolicy({
    name: 'p',
    nearTie_ms,
    score: (_request, machine) => Number(machine.id) * 100,
  })
  const w = fleetOf(4, policy)
  return Array.from({ length: 3 }, () => w.dispatches(w.asked())[0]!)
}

const failing = (answer: 'again' | 'give_up' | { readonly notOn: readonly ProviderId[] }): World => {
  const w = fleetOf(4, definePolicy({ name: 'p', retry: () => answer }))
  const request = w.asked()
  w.errs(w.dispatches(request)[0]!, request, 500, 'model load failed: other')
  w.pass(0.05)
  return w
}

/** The view, as a policy is handed it. */
function viewOf(attack: (view: PolicyView) => void): World {
  const policy = definePolicy({ name: 'p', filter: (_request, _machine, view) => (attack(view as PolicyView), true) })
  const w = fleetOf(2, policy, { aliases: [{ name: 'alias', desired: A, previous: '', retired: [] }] })
  w.asked()
  return w
}
const anything = (value: unknown): { [name: string]: (...args: unknown[]) => unknown } => value as never

describe('admit', () => {
  it('refuses with the status, the reason and the Retry-After it names', () => {
    const policy = definePolicy({
      name: 'p',
      admit: () => ({ status: 503, reason: 'model_shed', retryAfter_s: 17 }),
    })
    const { asked, ending } = bound(fleetOf(1, policy))
    expect(ending(asked())).toEqual({ kind: 'rejected', status: 503, reason: 'model_shed', retryAfter_s: 17 })
  })

  it('counts a refusal without a reason as policy_refused, without a Retry-After', () => {
    const { asked, ending } = bound(fleetOf(1, definePolicy({ name: 'p', admit: () => ({ status: 429 }) })))
    expect(ending(asked())).toEqual({
      kind: 'rejected',
      status: 429,
      reason: 'policy_refused',
      retryAfter_s: undefined,
    })
  })

  it('lets a request wait although a machine is free, until room is looked for again', () => {
    const w = fleetOf(1, definePolicy({ name: 'p', admit: () => 'queue' }))
    const request = w.asked()
    expect(w.dispatches(request)).toEqual([])
    expect(w.rowsOf('queued')).toHaveLength(1)
    w.beat(0 as ProviderId, { slots: [slot(A)] })
    expect(w.dispatches(request)).toEqual([0])
  })

  it('is shown what the coordinator would answer, and can word a refusal anew but not take it back', () => {
    const seen: unknown[] = []
    const policy = definePolicy({
      name: 'p',
      admit(request) {
        const { admits, status, reason, candidates, full } = request.verdict
        seen.push({ admits, status, reason, candidates, full })
        return request.id === 1 ? 'admit' : { status: 429, retryAfter_s: 99 }
      },
    })
    const w = world(policy, { settings: { QUEUE_BEFORE_SHED: false } })
    w.mac({ slots: [slot(A, { maxConcurrency: 1, running: 1, state: 'running' })] })
    w.asked()
    w.asked()
    expect(seen[1]).toEqual({ admits: false, status: 429, reason: 'machine_busy', candidates: 0, full: 1 })
    expect(w.ending(0 as never)).toMatchObject({ status: 429, reason: 'policy_refused', retryAfter_s: 99 })
    expect(w.ending(1 as never)).toMatchObject({ status: 429, reason: 'machine_busy' })
  })

  it('is not asked about what is wrong with the request itself', () => {
    let asked = 0
    const w = fleetOf(1, definePolicy({ name: 'p', admit: () => (asked++, 'admit') }))
    w.asked({ malformed: true })
    expect(asked).toBe(0)
  })
})

describe('filter', () => {
  it('keeps a request from the machines it refuses', () => {
    const w = fleetOf(3, only('mac-1'))
    expect([w.asked(), w.asked()].map((request) => w.dispatches(request))).toEqual([[1], [1]])
  })

  it('counts as lack of room unless it says otherwise: the request waits', () => {
    const w = fleetOf(2, only('nobody'))
    const request = w.asked()
    expect(w.rowsOf('queued').map((row) => row.request)).toEqual([request])
    expect(w.rowsOf('preflight')[0]).toMatchObject({ candidates: 0, capacityRejections: 2 })
  })

  it('leaves nobody to wait for when it says unfit: 503 no_provider', () => {
    const w = fleetOf(2, definePolicy({ name: 'p', filter: () => ({ allowed: false, as: 'unfit' as const }) }))
    expect(w.ending(w.asked())).toMatchObject({ status: 503, reason: 'no_provider' })
  })

  it('is asked about waiters one by one, a large one that it takes behind a small one that it does not', () => {
    let isOpen = false
    const w = fleetOf(1, definePolicy({ name: 'p', filter: (request) => isOpen && request.promptTokens > 1_000 }))
    const small = w.asked()
    const large = w.asked({ estimatedPromptTokens: 2_000 })
    isOpen = true
    w.beat(0 as ProviderId, { slots: [slot(A)] })
    expect([w.dispatches(small), w.dispatches(large)]).toEqual([[], [0]])
  })

  it('is asked again at the second look', () => {
    let isOpen = true
    const w = fleetOf(1, definePolicy({ name: 'p', filter: () => isOpen }))
    const request = w.ask()
    w.pass(0.001)
    isOpen = false
    w.pass(0.05)
    expect(w.dispatches(request)).toEqual([])
    expect(w.rowsOf('decision').at(-1)).toMatchObject({ recheck: 'policy_filter', outcome: 'queued' })
  })

  it('says in the explanation why', () => {
    const policy = definePolicy({ name: 'p', filter: () => ({ allowed: false, why: 'kept for the small model' }) })
    const w = fleetOf(1, policy, { explain: [0] })
    w.asked()
    const verdicts = w.notes.flatMap((note) => (note.kind === 'decision' ? note.verdicts : []))
    expect(verdicts.map(({ why }) => why)).toContain("The policy's filter refuses it: kept for the small model.")
  })
})

describe('score', () => {
  it('replaces the cost by which machines are compared', () => {
    const dear = definePolicy({
      name: 'p',
      score: (_request, machine) => (machine.serial === 'mac-2' ? 0 : 10_000),
    })
    const w = fleetOf(4, dear)
    expect([w.asked(), w.asked(), w.asked()].flatMap((request) => w.dispatches(request))).toEqual([2, 2, 2])
  })

  it('is handed the terms of the cost, which add up to it', () => {
    const sums: number[][] = []
    const policy = definePolicy({
      name: 'p',
      score(_request, { cost }) {
        const { state_ms, queue_ms, pending_ms, backlog_ms, thisRequest_ms, health_ms, affinity_ms, cost_ms } = cost
        sums.push([state_ms + queue_ms + pending_ms + backlog_ms + thisRequest_ms + health_ms + affinity_ms, cost_ms])
        return cost_ms
      },
    })
    const w = fleetOf(2, policy)
    const first = w.asked({ cacheKey: 'chat' })
    w.completes(w.dispatches(first)[0]!, first)
    w.asked({ cacheKey: 'chat' })
    expect(sums).toHaveLength(4)
    for (const [sum, cost] of sums) expect(sum).toBeCloseTo(cost!, 6)
    expect(w.rowsOf('priced')[0]!.cost_ms).toBeCloseTo(sums[0]![1]!, 6)
  })

  it('takes differences below nearTie_ms for none, and larger ones for what they are', () => {
    expect(chosenWithin(0)).toEqual([0, 0, 0])
    expect(new Set(chosenWithin(1_000)).size).toBe(3)
  })
})

describe('pick', () => {
  it('decides among all candidates, whatever they cost', () => {
    const policy = definePolicy({ name: 'p', pick: (_request, candidates) => candidates.at(-1) })
    const w = fleetOf(4, policy)
    expect([w.asked(), w.asked()].flatMap((request) => w.dispatches(request))).toEqual([3, 3])
  })

  it('is never shown a machine that a gate refuses: trust, capability, memory, room', () => {
    const shown: string[][] = []
    const policy = definePolicy({
      name: 'p',
      filter: () => true,
      score: () => 0,
      pick(_request, candidates) {
        shown.push(candidates.map(({ serial }) => serial))
        return candidates[0]
      },
    })
    const w = world(policy)
    w.mac({ serial: 'untrusted', trust: { level: 'none' } })
    w.mac({ serial: 'private', privateOnly: true })
    w.mac({ serial: 'full', slots: [slot(A, { maxConcurrency: 1, running: 1, state: 'running' })] })
    w.mac({ serial: 'small', slots: [], memory_gb: 8, free_gb: 1 })
    w.mac({ serial: 'other', models: [B] })
    w.mac({ serial: 'good' })
    w.asked()
    expect(shown).toEqual([['good']])
  })

  it("marks the coordinator's own choice and those of its preferences", () => {
    const marks: unknown[] = []
    const policy = definePolicy({
      name: 'p',
      pick(_request, candidates) {
        marks.push(candidates.map(({ serial, choice, preferred }) => [serial, choice, preferred]))
        return undefined
      },
    })
    const w = world(policy)
    w.mac({ serial: 'slow', tps: 5 })
    w.mac({ serial: 'fast', tps: 60 })
    expect(w.dispatches(w.asked())).toEqual([1])
    expect(marks).toEqual([
      [
        ['slow', false, false],
        ['fast', true, true],
      ],
    ])
  })

  it('draws from a stream of its own: the same seed, the same picks', () => {
    const policy = definePolicy({
      name: 'p',
      pick: (_request, candidates, draw) => candidates[draw.below(candidates.length)],
    })
    const picks = (): ProviderId[] => {
      const w = fleetOf(8, policy)
      return Array.from({ length: 12 }, () => w.dispatches(w.asked())[0]!)
    }
    expect(picks()).toEqual(picks())
    expect(new Set(picks()).size).toBeGreaterThan(2)
  })
})

describe('reserve and unreserve', () => {
  it('come in pairs, whatever becomes of the attempt', () => {
    const log: string[] = []
    const policy = definePolicy({
      name: 'p',
      reserve: (request, machine) => void log.push(`+${request.id}@${machine.serial}`),
      unreserve: (request, machine) => void log.push(`-${request.id}@${machine.serial}`),
    })
    const w = fleetOf(1, policy)
    const served = w.asked()
    w.completes(0 as ProviderId, served)
    const cancelled = w.asked()
    w.cancel(cancelled)
    const lost = w.asked()
    w.coordinator.disconnected(0 as ProviderId)
    expect(log).toEqual([
      `+${served}@mac-0`,
      `-${served}@mac-0`,
      `+${cancelled}@mac-0`,
      `-${cancelled}@mac-0`,
      `+${lost}@mac-0`,
      `-${lost}@mac-0`,
    ])
  })
})

describe('retry', () => {
  it('again: the next machine is tried, as without it', () => {
    expect(failing('again').dispatches(0 as never)).toHaveLength(2)
  })

  it('give_up: the client hears of the error now', () => {
    const w = failing('give_up')
    expect(w.dispatches(0 as never)).toHaveLength(1)
    expect(w.ending(0 as never)).toMatchObject({ kind: 'failed', status: 500, reason: 'provider_error' })
  })

  it('names machines that it is not tried on any more', () => {
    const first = failing('again').dispatches(0 as never)[0]!
    const others = ([0, 1, 2, 3] as ProviderId[]).filter((id) => id !== first)
    const w = failing({ notOn: others.slice(0, 2) })
    expect(w.dispatches(0 as never)).toEqual([first, others[2]])
  })

  it('is told where and how it failed', () => {
    const seen: unknown[] = []
    const policy = definePolicy({
      name: 'p',
      retry(_request, { machine, outcome, code, text, tries, duration_ms }) {
        seen.push([machine.serial, outcome, code, text, tries, duration_ms])
        return 'give_up'
      },
    })
    const w = fleetOf(1, policy)
    const request = w.asked()
    w.pass(0.2)
    w.errs(0 as ProviderId, request, 503, 'model load failed: other')
    expect(seen).toEqual([['mac-0', 'error', 503, 'model load failed: other', 1, expect.closeTo(200, -1)]])
  })
})

describe('order', () => {
  const full = slot(A, { maxConcurrency: 1, running: 1, state: 'running' })

  function waiting(policy: Policy): { readonly w: World; readonly requests: readonly number[] } {
    const w = world(policy)
    w.mac({ slots: [full] })
    const requests = [300, 100, 200].map((estimatedPromptTokens) => w.asked({ estimatedPromptTokens }))
    w.beat(0 as ProviderId, { slots: [slot(A, { maxConcurrency: 1 })] })
    return { w, requests }
  }

  it('says who is tried first', () => {
    const policy = definePolicy({
      name: 'p',
      order: (queue) => queue.toSorted((a, b) => a.promptTokens - b.promptTokens),
    })
    const { w, requests } = waiting(policy)
    expect(requests.map((request) => w.dispatches(request as never))).toEqual([[], [0], []])
  })

  it('keeps those waiting that it leaves out', () => {
    const { w, requests } = waiting(definePolicy({ name: 'p', order: () => [] }))
    expect(requests.flatMap((request) => w.dispatches(request as never))).toEqual([])
    expect(w.coordinator.queuedRequests).toBe(3)
  })

  it('gets them oldest first', () => {
    const ages: number[][] = []
    waiting(
      definePolicy({
        name: 'p',
        order(queue) {
          ages.push(queue.map(({ age }) => age))
          return queue
        },
      }),
    )
    expect(ages[0]).toEqual(ages[0]!.toSorted((a, b) => b - a))
    expect(ages[0]).toHaveLength(3)
  })
})

describe('onOutcome', () => {
  it('hears how each attempt ended, and when its first text came', () => {
    const heard: unknown[] = []
    const policy = definePolicy({
      name: 'p',
      onOutcome: (request, machine, { outcome, ttft_ms, completionTokens }) =>
        void heard.push([request.id, machine.serial, outcome, ttft_ms, completionTokens]),
    })
    const w = fleetOf(1, policy)
    const request = w.asked()
    w.pass(0.5)
    w.says(0 as ProviderId, 'first_content', request)
    w.pass(1)
    w.completes(0 as ProviderId, request, 0, 42)
    const gone = w.asked()
    w.cancel(gone)
    expect(heard).toEqual([
      [request, 'mac-0', 'success', expect.closeTo(500, -2), 42],
      [gone, 'mac-0', 'cancelled', undefined, 0],
    ])
  })
})

describe('evict', () => {
  it('sends a command for resident idle builds only, after a heartbeat', () => {
    const asked: string[] = []
    const policy = definePolicy({
      name: 'p',
      evict(machine, build) {
        asked.push(`${machine.serial} ${build}`)
        return build === B
      },
    })
    const w = world(policy)
    w.mac({ models: [A, B], slots: [slot(A, { running: 1, state: 'running' }), slot(B)] })
    expect(asked).toEqual(['mac-0 model-b'])
    expect(w.messagesTo(0 as ProviderId, 'unload_model')).toEqual([{ kind: 'unload_model', build: B }])
    expect(w.rowsOf('unload_command')).toMatchObject([{ provider: 0, build: B }])
  })
})

describe('what a policy sees', () => {
  it.each<[string, (view: PolicyView) => unknown]>([
    ['ctx.aliases.clear()', (view) => anything(view.aliases)['clear']!()],
    ['ctx.aliases.set()', (view) => anything(view.aliases)['set']!('x', {})],
    ['ctx.aliases.get().desired =', (view) => Object.assign(view.aliases.get('alias')!, { desired: B })],
    ['ctx.aliases.get().retired.push()', (view) => anything(view.aliases.get('alias')!.retired)['push']!(A)],
    ['ctx.providers.pop()', (view) => anything(view.providers)['pop']!()],
    ['ctx.providers.sort()', (view) => anything(view.providers)['sort']!()],
    ['ctx.now =', (view) => Object.assign(view, { now: 0 })],
    ['ctx.demand =', (view) => Object.assign(view, { demand: () => 0 })],
    ['ctx.parameters.x =', (view) => Object.assign(view.parameters, { x: 1 })],
    ['provider.serial =', (view) => Object.assign(view.providers[0]!, { serial: 'me' })],
    ['provider.advertised.push()', (view) => anything(view.providers[0]!.advertised)['push']!(B)],
    ['provider.warmModels.push()', (view) => anything(view.providers[0]!.warmModels)['push']!(B)],
    ['provider.slots.push()', (view) => anything(view.providers[0]!.slots)['push']!({})],
    ['provider.slots[0].state =', (view) => Object.assign(view.providers[0]!.slots![0]!, { state: 'crashed' })],
  ])('cannot be changed by %s', (_, attack) => {
    expect(() => viewOf(attack)).toThrow(TypeError)
  })

  it('is the fleet as it was after a list of its own was emptied', () => {
    const policy = definePolicy({
      name: 'p',
      pick(_request, candidates) {
        const chosen = candidates[0]!
        ;(candidates as unknown[]).length = 0
        return chosen
      },
    })
    const w = fleetOf(2, policy)
    expect([w.dispatches(w.asked()), w.dispatches(w.asked())]).toEqual([[0], [0]])
  })

  it('keeps a slot it has seen as it was when a load marks the machine warm', () => {
    let before: ProviderView['slots']
    const policy = definePolicy({
      name: 'p',
      filter: (_request, machine) => ((before ??= machine.slots), true),
    })
    const w = world(policy)
    w.mac({ models: [A, B], slots: [slot(A)] })
    w.asked()
    w.loaded(0 as ProviderId, B)
    expect(before).toMatchObject([{ model: A }])
  })

  it('shows demand, refusals and waiters of each model, by the name asked for and by build', () => {
    let view: PolicyView | undefined
    const policy = definePolicy({
      name: 'p',
      filter(_request, _machine, seen) {
        view = seen as PolicyView
        return true
      },
    })
    const w = world(policy, {
      aliases: [{ name: 'alias', desired: A, previous: '', retired: [] }],
      settings: { QUEUE_MAX_DEPTH: 1 },
    })
    w.mac({ slots: [slot(A, { maxConcurrency: 1 })] })
    const served = w.asked({ model: 'alias' })
    w.asked({ model: 'alias' })
    w.asked({ model: 'alias' })
    w.pass(2)
    const expected = { arrived: 3, refused: 1, queued: 1, open: 2, served: 0 }
    expect(view!.demand('alias')).toMatchObject(expected)
    expect(view!.demand(A)).toMatchObject(expected)
    expect(view!.demand('alias').arrivalsPerSecond).toBeCloseTo(3 / w.now, 6)
    expect(view!.demand('alias').refusalsPerSecond).toBeCloseTo(1 / w.now, 6)
    w.completes(0 as ProviderId, served)
    expect(view!.demand('alias')).toMatchObject({ served: 1 })
    w.pass(120)
    expect(view!.demand('alias')).toMatchObject({ arrived: 3, arrivalsPerSecond: 0 })
    expect(view!.demand('nobody')).toMatchObject({ arrived: 0, arrivalsPerSecond: 0 })
  })

  it('has its parameters, and a memory that every run makes anew', () => {
    const policy = definePolicy({
      name: 'p',
      parameters: { keep: whole(2, 'kept') },
      state: (parameters) => ({ seen: 0, keep: parameters.keep }),
      counters: ['seen'],
      admit(_request, view) {
        view.state.seen += 1
        view.count('seen')
        return view.state.seen > view.state.keep ? { status: 429 } : 'admit'
      },
    })
    const outcomes = (): number[] => {
      const w = fleetOf(1, policy)
      return [w.asked(), w.asked(), w.asked()].map((request) => w.dispatches(request).length)
    }
    expect(outcomes()).toEqual([1, 1, 0])
    expect(outcomes()).toEqual([1, 1, 0])
  })
})

describe('counters and gauges', () => {
  it('are written when they change, once per question', () => {
    const policy = definePolicy({
      name: 'p',
      counters: ['looked'],
      gauges: ['candidates'],
      score(_request, machine, view) {
        view.count('looked')
        view.gauge('candidates', Number(machine.id))
        return machine.cost.cost_ms
      },
    })
    const w = fleetOf(3, policy)
    w.asked()
    w.asked()
    expect(w.rowsOf('policy_count')).toMatchObject([
      { counter: 'looked', by: 3 },
      { counter: 'looked', by: 3 },
    ])
    expect(w.rowsOf('policy_gauge')).toMatchObject([{ gauge: 'candidates', value: 2 }])
  })
})

/** Methods of a world without the world. */
function bound(w: World): Pick<World, 'asked' | 'ending'> {
  return { asked: (view) => w.asked(view), ending: (request) => w.ending(request) }
}
