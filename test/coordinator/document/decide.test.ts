/** A written state: what it may hold beyond what was recorded, and that asking changes nothing. */
import { describe, expect, it } from 'vitest'
import { coordinatorSettingsSchema } from '../../../sim/coordinator/config.ts'
import { type DecideDocument, decideDocumentSchema, settingsWritten } from '../../../sim/coordinator/document/format.ts'
import { decide } from '../../../sim/coordinator/document/decide.ts'
import { findPolicy } from '../../../sim/policy/index.ts'

const slot = (more: object = {}) => ({ model: 'a', state: 'idle', token_budget_max: 100_000, ...more })
const heartbeat = (slots: readonly object[]) => ({ capacity: { total_memory_gb: 64, slots } })
const machine = (serial: string, more: object = {}) => ({
  serial,
  version: '0.7.0',
  chip_family: 'M4',
  memory_gb: 64,
  memory_bandwidth_gbs: 400,
  models: [{ build: 'a' }, { build: 'b' }],
  heartbeats: [heartbeat([slot()])],
  ...more,
})
const state = (more: object): DecideDocument =>
  decideDocumentSchema.parse({ format: 'fleetlab.decide/1', id: 'one', requests: [{ build: 'a' }], ...more })

function answers(document: DecideDocument, policy = 'open') {
  const settings = coordinatorSettingsSchema.parse(settingsWritten(document))
  return decide(document, { policy: findPolicy(policy)!, settings, explained: true }).requests
}

describe('reservation', () => {
  const two = [machine('S0'), machine('S1')]
  const requests = [{ build: 'a' }, { build: 'a' }]

  it('with nothing recorded, whoever is chosen holds the request, and the next one sees it there', () => {
    const [first, second] = answers(state({ machines: two, requests }))
    expect([first!.answer.selection.winners, first!.reserved]).toEqual([[0, 1], 0])
    expect([second!.answer.selection.winners, second!.reserved]).toEqual([[1], 1])
    expect(second!.answer.machines[0]!.cost!.pending_ms).toBe(750)
  })

  it('what is recorded counts, whatever we would have chosen; null is nobody', () => {
    const [, second] = answers(state({ machines: two, requests: [{ build: 'a', reserved: 1 }, { build: 'a' }] }))
    expect(second!.answer.selection.winners).toEqual([0])
    const [, untouched] = answers(state({ machines: two, requests: [{ build: 'a', reserved: null }, { build: 'a' }] }))
    expect(untouched!.answer.selection.winners).toEqual([0, 1])
  })

  it('the draw decides among the winners', () => {
    const drawn = [0, 0.49, 0.5, 0.99].map((draw) =>
      answers(state({ machines: two, requests: [{ build: 'a', draw }] })),
    )
    expect(drawn.map(([asked]) => asked!.reserved)).toEqual([0, 0, 1, 1])
  })
})

const heard = (chip_family: string) => ({ decode_rates: [{ build: 'a', chip_family, samples: [30, 50, 90] }] })

describe('what only an exported state holds', () => {
  it('decode rates heard before the last heartbeat decide where a machine reports none', () => {
    const asked = [{}, heard('M4'), heard('M1')].map((more) => answers(state({ machines: [machine('S0')], ...more })))
    expect(asked.map(([first]) => first!.answer.machines[0]!.cost!.effective_tps)).toEqual([20, 50, 20])
  })

  it('rates of lone requests decide the quality cap', () => {
    const settings = { QUALITY_CONCURRENCY_CAP: true, QUALITY_CAP_PER_MODEL_TPS: true, QUALITY_CAP_SOLO_MIN_SAMPLES: 1 }
    const cap = (samples: readonly number[]) =>
      answers(
        state({ machines: [machine('S0')], settings, solo_rates: [{ build: 'a', chip_class: 'M4 ', samples }] }),
      )[0]!.answer.machines[0]!.effective_cap
    expect(cap([15])).toBe(2)
    expect(cap([30])).toBe(6)
  })

  it('a label keeps a machine in its pool, under a policy that has pools', () => {
    const pending = [{ build: 'b', prompt_tokens: 1, max_tokens: 1 }]
    const pinned = [machine('S0', { pool: { label: 'b', assigned_s_ago: 60 }, heartbeats: [], pending })]
    expect(answers(state({ machines: pinned }), 'open')[0]!.answer.machines[0]!.passes_gates).toBe(true)
    expect(answers(state({ machines: pinned }), 'pools-afe8135')[0]!.answer.machines[0]!.passes_gates).toBe(false)
  })
})

const holding = (model: string) => ({ heartbeats: [heartbeat([slot({ model })])] })
const passes = (more: object, isAnotherPolicy = false): readonly boolean[] => {
  const document = state(more)
  const settings = coordinatorSettingsSchema.parse(settingsWritten(document))
  const policy = findPolicy('pools-afe8135')!
  const { requests } = decide(document, { policy, settings, explained: false, isAnotherPolicy })
  return requests[0]!.answer.machines.map((each) => each.passes_gates)
}

describe('labels of a pool policy', () => {
  const unlabelled = [machine('S0', holding('a')), machine('S1', holding('b'))]
  const labelled = (serial: string, model: string, label: string) =>
    machine(serial, { ...holding(model), pool: { label } })

  it('come from the last heartbeats where a state says nothing of any', () => {
    expect(passes({ machines: unlabelled })).toEqual([true, false])
  })

  it('of another policy are not believed: the one asked sees the heartbeats', () => {
    const mislabelled = [labelled('S0', 'a', 'b'), labelled('S1', 'b', 'a')]
    expect(passes({ machines: mislabelled })).toEqual([false, true])
    expect(passes({ machines: mislabelled }, true)).toEqual([true, false])
  })
})

describe('a bound on the first token', () => {
  const slow = [
    machine('S0', { heartbeats: [heartbeat([slot({ observed_decode_tps: 20, observed_prefill_tps: 20 })])] }),
  ]
  const tooSlow = (request: object, settings: object) =>
    answers(state({ machines: slow, settings, requests: [{ build: 'a', prompt_tokens: 2_000, ...request }] }))[0]!
      .answer.selection.ttft

  it('that a request leaves out is what the settings refuse, for public requests alone', () => {
    const hard = { TTFT_HARD_REJECT: true }
    expect(tooSlow({}, {})).toBe(0)
    expect(tooSlow({}, hard)).toBe(1)
    expect(tooSlow({ max_ttft_ms: 0 }, hard)).toBe(0)
    expect(tooSlow({ route: 'prefer_owner', account: 'me' }, hard)).toBe(0)
  })
})

const event = (more: object) => () => state({ machines: [], events: [{ at_s: 1, ...more }] })

describe('an event of the warm pool', () => {
  it('other than a tick names its build', () => {
    expect(event({ kind: 'tick' })).not.toThrow()
    expect(event({ kind: 'queue', depth: 1 })).toThrow('must name a build')
  })
})

describe('asking', () => {
  it('figures that a run would not ask about move no label of a pool policy', () => {
    // An elastic policy gives an idle machine to whoever asks about it. The first request may only use S1, so no door of its own
    // asks about S0, but the figures per machine do; S0 then holds something and keeps the label it has.
    const idle = { heartbeats: [heartbeat([])], pool: { label: 'b' } }
    const [, second] = answers(
      state({
        machines: [machine('S0', idle), machine('S1', idle)],
        requests: [{ build: 'a', serials: ['S1'], reserved: 0 }, { build: 'b' }],
      }),
      'pools-afe8135',
    )
    expect(second!.answer.machines.map((each) => each.passes_gates)).toEqual([true, true])
  })

  it('explains every machine of both looks', () => {
    const [asked] = answers(state({ machines: [machine('S0'), machine('S1', { untrusted: true })] }))
    expect(asked!.notes.map((note) => note.kind === 'decision' && note.phase)).toEqual(['preflight', 'select'])
    const [, selection] = asked!.notes
    expect(selection!.kind === 'decision' && selection!.verdicts.map((verdict) => verdict.kind)).toEqual([
      'candidate',
      'dropped',
    ])
  })
})
