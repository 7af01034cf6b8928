/**
 * Decisions from columns are those of the walk over the fleet: two coordinators hear the same random story, one of them
 * walks, and every row, message and answer is equal, and so are the questions to a policy that promises nothing.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ProviderId } from '../../../sim/base/ids.ts'
import { definePolicy, poolKeys, routingBy, type Policy } from '../../../sim/plug/index.ts'
import { builtinPolicies } from '../../../sim/policy/index.ts'
import type { ProviderErrorText, SlotReport, SlotState, ThermalState, ToProvider } from '../../../sim/protocol/index.ts'
import { A, B, build, entry, type SettingsInput, slot, World } from '../world.ts'

const C = build('model-c-gemma-4')
const BUILDS = [A, B, C]
const CATALOG = [entry(A, 10), entry(B, 30, 48), { ...entry(C, 0), maxOutput: 512 }]
const STATES: readonly SlotState[] = ['running', 'idle', 'idle', 'idle_shutdown', 'reloading', 'crashed']
const HEAT: readonly ThermalState[] = ['nominal', 'nominal', 'fair', 'serious', 'critical']
const MEMORY = [16, 32, 64, 192]
const TEXTS: readonly ProviderErrorText[] = [
  'all slots busy: assigned to another model',
  'model load failed: other',
  'model load failed: not found',
  'token_budget_exhausted: request queue full',
]

/** Takes what it needs from the numbers of one step, in turn. */
class Dice {
  private next = 0
  constructor(private readonly numbers: readonly number[]) {}
  below(limit: number): number {
    this.next += 1
    return this.numbers[this.next % this.numbers.length]! % limit
  }
  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!
  }
}

const slots = (dice: Dice): SlotReport[] =>
  BUILDS.filter(() => dice.below(2) === 0).map((name) =>
    slot(name, {
      state: dice.of(STATES),
      running: dice.below(3),
      waiting: dice.below(4) === 0 ? 2 : 0,
      maxConcurrency: dice.of([0, 2, 8]),
      maxTokensPotential: dice.of([0, 500, 6_000]),
      activeTokenBudgetMax: dice.of([0, 0, 4_000, 60_000]),
      activeTokenBudgetUsed: dice.of([0, 900]),
      queuedTokenBudget: dice.of([0, 300]),
      observedDecodeTps: dice.of([undefined, 12, 55]),
      observedPrefillTps: dice.of([undefined, 700]),
    }),
  )

function beat(world: World, mac: ProviderId, dice: Dice): void {
  const legacy = dice.below(9) === 0
  const free_gb = dice.of([-1, 0, 8, 90])
  world.beat(
    mac,
    {
      slots: dice.below(4) === 0 ? [] : slots(dice),
      memory_gb: dice.of(MEMORY),
      gpuActive_gb: dice.below(20),
      thermalState: dice.of(HEAT),
      status: dice.of(['idle', 'serving']),
      ...(free_gb >= 0 && { free_gb }),
    },
    legacy,
  )
}

type Inference = Extract<ToProvider, { kind: 'inference' }>

/** The story so far, beside the coordinator's. */
interface Story {
  readonly world: World
  readonly macs: ProviderId[]
  open: { readonly mac: ProviderId; readonly message: Inference }[]
  read: number
}

function hear(story: Story): void {
  const { world } = story
  for (const { provider, message } of world.sent.slice(story.read)) {
    if (message.kind === 'inference') story.open.push({ mac: provider, message })
  }
  story.read = world.sent.length
}

const SETTINGS: readonly ((world: World, dice: Dice) => void)[] = [
  (world) => world.coordinator.set('MODEL_POOLS_ENABLED', false),
  (world) => world.coordinator.set('MODEL_POOLS_ENABLED', true),
  (world, dice) => world.coordinator.set('BATCH_SLOWDOWN', dice.of([0.1, 0.27])),
  (world, dice) => world.coordinator.set('DEDICATED_MODELS', dice.of([[], ['gemma-4']])),
  (world, dice) => world.coordinator.set('TTFT_HARD_REJECT', dice.below(2) === 0),
  (world, dice) => world.coordinator.set('LONG_PROMPT_TOKENS', dice.of([0, 1_000])),
  (world, dice) => world.coordinator.set('MIN_DECODE_TPS', dice.of([0, 20])),
  (world, dice) =>
    world.coordinator.setAlias({ name: 'chat', desired: dice.of(BUILDS), previous: dice.of(BUILDS), retired: [] }),
]

type Step = (story: Story, dice: Dice) => void

const ask: Step = ({ world }, dice) => {
  world.ask({
    model: dice.of([A, A, B, C, 'chat']),
    estimatedPromptTokens: dice.of([0, 100, 900, 5_000]),
    maxTokens: dice.of([undefined, 64, 2_000]),
    hasTools: dice.below(4) === 0,
    requiresVision: dice.below(6) === 0,
    cacheKey: dice.of(['', '', 'conversation']),
    ...(dice.below(12) === 0 && { route: 'prefer_owner' as const, account: 'owner' }),
    ...(dice.below(12) === 0 && { serials: ['mac-0', 'mac-3'] }),
  })
}

const one = (change: (story: Story, mac: ProviderId, dice: Dice) => void): Step => {
  return (story, dice) => {
    if (story.macs.length > 0) change(story, dice.of(story.macs), dice)
  }
}

const answer = (change: (story: Story, open: Story['open'][number], dice: Dice) => void): Step => {
  return (story, dice) => {
    hear(story)
    if (story.open.length === 0) return
    const place = dice.below(story.open.length)
    const [open] = story.open.splice(place, 1)
    change(story, open!, dice)
  }
}

const errs = answer(({ world }, { mac, message }, dice) => {
  world.errs(mac, message.request, dice.of([500, 500, 502, 503, 429]), dice.of(TEXTS), message.attempt)
})

const STEPS: readonly Step[] = [
  ask,
  ask,
  ask,
  ask,
  ask,
  one(({ world }, mac, dice) => beat(world, mac, dice)),
  one(({ world }, mac, dice) => beat(world, mac, dice)),
  one(({ world }, mac, dice) => beat(world, mac, dice)),
  ({ world }, dice) => world.pass(dice.of([0.001, 0.03, 0.5, 2])),
  ({ world }, dice) => world.pass(dice.of([0.03, 0.03, 1, 9, 61, 125, 310])),
  answer(({ world }, { mac, message }) => world.completes(mac, message.request, message.attempt)),
  answer(({ world, open }, racer) => {
    world.says(racer.mac, 'accepted', racer.message.request, racer.message.attempt)
    open.push(racer)
  }),
  errs,
  errs,
  ({ world, macs }, dice) => {
    macs.push(
      world.mac({
        models: BUILDS.filter((_, i) => i === dice.below(3) || dice.below(2) === 0)
          .concat(A)
          .slice(0, 2),
        vision: dice.below(3) === 0,
        version: dice.of(['0.6.2', '0.6.16', '0.7.0']),
        memory_gb: dice.of(MEMORY),
        account: dice.of(['', 'owner']),
        privateOnly: dice.below(9) === 0,
        ...(dice.below(4) === 0 && { tps: 40 }),
        first: dice.of(['silent', 'legacy', 'heartbeat', 'heartbeat']),
      }),
    )
  },
  one(({ world, macs }, mac, dice) => {
    if (dice.below(3) > 0) return
    macs.splice(macs.indexOf(mac), 1)
    world.coordinator.disconnected(mac)
  }),
  one(({ world }, mac, dice) => {
    const name = dice.of(BUILDS)
    if (dice.below(2) === 0) world.loaded(mac, name)
    else world.say(mac, { kind: 'load_status', build: name, status: 'failed', text: dice.of(TEXTS) })
  }),
  one(({ world }, mac, dice) => {
    world.say(mac, {
      kind: 'models_update',
      models: [
        { build: dice.of(BUILDS), isVision: dice.below(2) === 0, templateRenderOk: dice.of([undefined, false]) },
      ],
    })
  }),
  one(({ world }, mac, dice) =>
    world.say(mac, { kind: 'assign_status', build: dice.of(BUILDS), epoch: dice.of([1, 2]), status: 'succeeded' }),
  ),
  one(({ world }, mac, dice) => {
    world.coordinator.setTrust(`mac-${mac}`, dice.of(['hardware', 'hardware', 'self_signed', 'untrusted'] as const))
  }),
  one(({ world }, mac) => void world.deaf.add(mac)),
  ({ world }, dice) => dice.of(SETTINGS)(world, dice),
]

const TWO_STRIKES: SettingsInput = { QUEUE_MAX_WAIT: '20s', BREAKER_CONSECUTIVE: 2, ERROR_COOLDOWN_STRIKES: 1 }

function tell(policy: Policy, walks: boolean, script: readonly (readonly number[])[]): World {
  const aliases = [{ name: 'chat', desired: A, previous: B, retired: [] }]
  const world = new World({ policy, walks, catalog: CATALOG, aliases, settings: TWO_STRIKES }).start()
  const story: Story = { world, macs: [], open: [], read: 0 }
  for (let mac = 0; mac < 5; mac++) story.macs.push(world.mac({ models: [A, BUILDS[mac % 3]!, B].slice(0, 2) }))
  for (const numbers of script) {
    const dice = new Dice(numbers)
    STEPS[numbers[0]! % STEPS.length]!(story, dice)
  }
  world.pass(30)
  return world
}

const scripts = fc.array(fc.array(fc.nat({ max: 9_999 }), { minLength: 12, maxLength: 12 }), {
  minLength: 40,
  maxLength: 120,
  size: 'max',
})

/** Line by line, so that a difference shows where it begins. */
function expectSame(columns: World, walked: World): void {
  for (const heard of ['rows', 'sent', 'answers'] as const) {
    const lines = columns[heard].map((each) => JSON.stringify(each))
    const expected = walked[heard].map((each) => JSON.stringify(each))
    const first = lines.findIndex((line, i) => line !== expected[i])
    expect(lines[first]).toBe(expected[first])
    expect(lines).toHaveLength(expected.length)
  }
}

/** How often a story met each. */
const met = new Map<string, number>()
function meet(what: string, happens: boolean): void {
  if (happens) met.set(what, (met.get(what) ?? 0) + 1)
}

function equalStories(policyOf: () => Policy, numRuns: number): void {
  fc.assert(
    fc.property(scripts, (script) => {
      const columns = tell(policyOf(), false, script)
      expectSame(columns, tell(policyOf(), true, script))
      for (const row of columns.rowsOf('decision')) {
        meet(`${row.phase} ${row.outcome}`, true)
        meet('several candidates', row.candidates > 1)
        meet('near ties', row.nearTies > 1)
        meet('no room', row.capacityRejections > 0)
        meet('too large', row.tooLargeRejections > 0)
        meet('vision', row.visionRejections > 0)
        meet('too late', row.ttftRejections > 0)
        meet('second look', row.recheck !== '')
      }
      for (const { outcome } of columns.rowsOf('preflight')) meet(`preflight ${outcome}`, true)
      for (const { surface } of columns.rowsOf('relabel')) meet(`relabelled by ${surface}`, true)
    }),
    { numRuns, endOnFailure: true },
  )
}

/** Relabels on every second question, and promises nothing. */
function restless(log: string[]): Policy {
  let asked = 0
  return definePolicy({
    name: 'restless',
    about: 'a policy of somebody else',
    maxModelSlotsDefault: 2,
    refusesColdBesideBusy: true,
    test: ({ surface, provider, model }, context) => {
      asked += 1
      log.push(`${surface} ${provider.id} ${model} ${context.assigned(provider.id)}`)
      return { allowed: asked % 3 !== 0, why: '', ...(asked % 2 === 0 && { relabel: `${model}${asked % 5}` }) }
    },
    poolKeys,
  })
}

/** Moves every idle provider to whatever is asked for, and promises that it looks at nothing else. */
const eager: Policy = definePolicy({
  name: 'eager',
  about: 'every question moves an idle machine',
  maxModelSlotsDefault: 2,
  refusesColdBesideBusy: false,
  test: routingBy('provider', ({ provider, model }, context) => {
    if (context.assigned(provider.id) === model) return { allowed: true, why: '' }
    return provider.pendingCount === 0 ? { allowed: true, relabel: model, why: '' } : { allowed: false, why: '' }
  }),
  poolKeys,
})

describe('decisions from columns', () => {
  for (const policy of [...builtinPolicies, eager]) {
    it(`are those of the walk under ${policy.name}`, () => equalStories(() => policy, 12))
  }

  it('ask a policy that promises nothing about the same providers, in the same order, on the same surfaces', () => {
    fc.assert(
      fc.property(scripts, (script) => {
        const logs: readonly [string[], string[]] = [[], []]
        const columns = tell(restless(logs[0]), false, script)
        const walked = tell(restless(logs[1]), true, script)
        expect(logs[0]).toEqual(logs[1])
        expectSame(columns, walked)
      }),
      { numRuns: 12 },
    )
  })

  it('ask a policy anew when it spreads one that promises and brings its own test', () => {
    const promising: Policy = { ...restless([]), test: routingBy('nothing', () => ({ allowed: true, why: '' })) }
    const log: string[] = []
    const spread: Policy = definePolicy({ ...promising, test: restless(log).test })
    const world = new World({ policy: spread })
    world.mac()
    world.asked()
    world.asked()
    expect(log.filter((line) => line.startsWith('preflight'))).toHaveLength(2)
  })

  it('met every kind of decision often enough to be compared', () => {
    const wanted = [
      'preflight admitted',
      'preflight rejected',
      'select selected',
      'select queued',
      'queue_drain selected',
      'retry selected',
      'several candidates',
      'near ties',
      'no room',
      'too large',
      'vision',
      'too late',
      'second look',
      'relabelled by preflight',
      'relabelled by select',
    ]
    expect(wanted.filter((what) => (met.get(what) ?? 0) < 20)).toEqual([])
  })
})
