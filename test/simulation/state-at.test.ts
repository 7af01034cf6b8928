/**
 * A state written down during a run, read back: it decides what the run decided next, and the warm pool plans what the run's
 * next tick planned. Writing it changes nothing in the run.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { must } from '../../sim/base/assert.ts'
import type { Micros } from '../../sim/base/time.ts'
import { nodeFiles } from '../../sim/cli/files/files.ts'
import { coordinatorSettingsSchema } from '../../sim/coordinator/config.ts'
import { decide, type DecideOutcome } from '../../sim/coordinator/document/decide.ts'
import { type DecideDocument, decideDocumentSchema, settingsWritten } from '../../sim/coordinator/document/format.ts'
import { loadWithSettings } from '../../sim/lab/runs/job.ts'
import { findPolicy } from '../../sim/policy/index.ts'
import { type Simulated, simulate } from '../../sim/simulation.ts'
import type { TraceRow, TraceRowKind } from '../../sim/trace/row.ts'

interface Case {
  readonly scenario: string
  readonly policy: string
  readonly settings?: readonly string[]
}

interface Run {
  readonly done: Simulated
  readonly rows: readonly TraceRow[]
  readonly duration: Micros
}

async function play({ scenario, policy, settings = [] }: Case, statesAt: readonly Micros[]): Promise<Run> {
  const loaded = await loadWithSettings(`scenarios/${scenario}.yaml`, settings, nodeFiles)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
  const rows: TraceRow[] = []
  const done = await simulate({
    scenario: loaded.value,
    policy: must(findPolicy(policy), `there is a policy ${policy}`),
    policyName: policy,
    seed: 1,
    statesAt,
    subscribers: [(row) => void rows.push(row)],
  })
  return { done, rows, duration: loaded.value.scenario.duration }
}

const rowsOf = <Kind extends TraceRowKind>(rows: readonly TraceRow[], kind: Kind) =>
  rows.filter((row): row is Extract<TraceRow, { kind: Kind }> => row.kind === kind)

/** Of a decision that does not wait for a server. */
const DECISION_us = 23_000

/** The microseconds before some first decisions look, and before some ticks of the warm pool that did something. */
function instantsOf({ rows, duration }: Run, looks: number, ticks: number): readonly Micros[] {
  const lookAt = rowsOf(rows, 'preflight').map(({ at }) => at - DECISION_us - 1)
  const tickAt = rowsOf(rows, 'warm_pool').map(({ at }) => at - 1)
  const instants = [...oneInSoMany(lookAt, looks), ...oneInSoMany(tickAt, ticks)]
  return [...new Set(instants.filter((at) => at > 0 && at <= duration))] as Micros[]
}

function oneInSoMany(all: readonly number[], wanted: number): readonly number[] {
  const stride = Math.max(1, Math.floor(all.length / wanted))
  return all.filter((_, index) => index % stride === 0)
}

function answersTo(document: DecideDocument): DecideOutcome {
  const settings = coordinatorSettingsSchema.parse(settingsWritten(document))
  const policy = must(findPolicy(document.policy!), 'a built-in policy')
  return decide(document, { policy, settings, explained: false })
}

/** What the run decided next on this very state, asked anew: the answers are its own, and so are the reservations. */
function machinesChosen(state: DecideDocument): {
  readonly run: (number | null)[]
  readonly readBack: (number | null)[]
} {
  const next = state.requests.filter(({ run }) => run!.stands === 'next')
  const requests = next.map((request) => ({ ...request, reserved: undefined }))
  const { requests: answers } = answersTo({ ...state, requests })
  return { run: next.map(({ reserved }) => reserved!), readBack: answers.map(({ reserved }) => reserved) }
}

/** Ticks that came right after a state: who was told to load what, and the figures of its row. */
function ticksCompared(state: DecideDocument, at: Micros, rows: readonly TraceRow[]) {
  const tickAt = at + Math.round(must(state.events[0], 'a tick comes').at_s * 1e6)
  if (tickAt !== at + 1) return undefined
  const serials = new Map(rowsOf(rows, 'registered').map(({ provider, serial }) => [provider, serial]))
  const commands = rowsOf(rows, 'load_command').filter((row) => row.at === tickAt && row.by === 'warm_pool')
  const plans = answersTo({ ...state, requests: [] }).ticks![0]!.plans
  const inRun = rowsOf(rows, 'warm_pool').filter((row) => row.at === tickAt)
  return {
    run: inRun.map(({ build, target, warm, eligibleCold }) => ({
      build,
      target,
      warm,
      cold: eligibleCold,
      loads: new Set(commands.filter((row) => row.build === build).map((row) => serials.get(row.provider))),
    })),
    readBack: inRun.map((row) => {
      const { build, target, warm, cold, loads } = plans.find((plan) => plan.build === row.build)!
      return { build, target, warm, cold, loads: new Set(loads.map((machine) => state.machines[machine]!.serial)) }
    }),
    unsaid: plans.filter(({ build, loads }) => loads.length > 0 && inRun.every((row) => row.build !== build)),
  }
}

const CASES: readonly Case[] = [
  { scenario: 'headline/gpt-oss-vs-gemma', policy: 'open', settings: ['duration=2m', 'warmup=1m'] },
  { scenario: 'headline/overload', policy: 'pools-draining', settings: ['duration=2m', 'warmup=1m'] },
  { scenario: 'rollout/alias-there-and-back', policy: 'pools' },
  { scenario: 'rollout/placement-in-stages', policy: 'placement' },
  { scenario: 'mac/neighbour-load', policy: 'open', settings: ['duration=6m', 'warmup=1m'] },
  { scenario: 'incidents/june-17-gate', policy: 'pools-draining', settings: ['duration=4m', 'warmup=1m'] },
]

interface Played extends Case {
  readonly at: readonly Micros[]
  readonly plain: Run
  readonly watched: Run
}

const played: Played[] = []
beforeAll(async () => {
  for (const each of CASES) {
    const plain = await play(each, [])
    const at = instantsOf(plain, 12, 12)
    played.push({ ...each, at, plain, watched: await play(each, at) })
  }
}, 60_000)

const states = (): readonly DecideDocument[] => played.flatMap(({ watched }) => watched.done.states)

/** Whether some state, changed like this, decides otherwise than the run did. */
const differ = (change: (state: DecideDocument) => DecideDocument): boolean =>
  states().some((state) => {
    const { run, readBack } = machinesChosen(change(state))
    return JSON.stringify(run) !== JSON.stringify(readBack)
  })

const withNothingPlaced = (state: DecideDocument): DecideDocument => ({
  ...state,
  machines: state.machines.map((machine) => ({ ...machine, pending: [] })),
})

describe('a state written down during a run', () => {
  it('decides, read back, what the run decided next: the same machine, or nobody', () => {
    const reserved: (number | null)[] = []
    for (const state of states()) {
      const { run, readBack } = machinesChosen(state)
      expect([state.id, ...readBack]).toEqual([state.id, ...run])
      reserved.push(...run)
    }
    expect(reserved.length).toBeGreaterThan(states().length / 2)
    expect(reserved.filter((machine) => machine === null).length).toBeGreaterThan(3)
    expect(new Set(reserved).size).toBeGreaterThan(10)
  })

  it('plans, read back, what the next tick of the warm pool planned, and loads the same machines', () => {
    let ticks = 0
    let loads = 0
    for (const { at, watched } of played) {
      for (const [place, state] of watched.done.states.entries()) {
        const compared = ticksCompared(state, at[place]!, watched.rows)
        if (compared === undefined) continue
        expect([state.id, compared.readBack]).toEqual([state.id, compared.run])
        expect(compared.unsaid).toEqual([])
        ticks += 1
        for (const plan of compared.run) loads += plan.loads.size
      }
    }
    expect(ticks).toBeGreaterThan(8)
    expect(loads).toBeGreaterThan(2)
  })

  it('is all needed: without the requests already placed, or the rates of earlier heartbeats, some decisions differ', () => {
    expect(differ(withNothingPlaced)).toBe(true)
    expect(differ((state) => ({ ...state, decode_rates: [] }))).toBe(true)
  })

  it('changes nothing in the run', () => {
    for (const { plain, watched } of played) expect(watched.done.result.digest).toBe(plain.done.result.digest)
  })

  it('is a document of the published format as it stands', () => {
    for (const { watched } of played) {
      const state = watched.done.states.at(-1)
      expect(decideDocumentSchema.parse(JSON.parse(JSON.stringify(state)))).toEqual(state)
    }
  })

  it('lists who waits, oldest first and unanswered, between those decided next and those that come later', () => {
    const waiting = states().filter(({ requests }) => requests.some(({ run }) => run!.stands === 'waiting'))
    expect(waiting.length).toBeGreaterThan(2)
    for (const { requests } of waiting) {
      const stands = requests.map(({ run }) => run!.stands)
      expect(stands).toEqual(stands.toSorted((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b)))
      const ids = requests.filter(({ run }) => run!.stands === 'waiting').map(({ run }) => run!.request)
      expect(ids).toEqual(ids.toSorted((a, b) => a - b))
      for (const { run, reserved } of requests) if (run!.stands !== 'next') expect(reserved).toBeUndefined()
    }
  })
})

const ORDER = ['next', 'waiting', 'later']
