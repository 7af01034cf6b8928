/** The coordinator's ledger of a real run: tied to the requests of ours, and told in rows of the trace. */
import { describe, expect, it } from 'vitest'
import type { BuildId, MachineIndex, RequestId } from '../../../sim/base/ids.ts'
import type { Micros } from '../../../sim/base/time.ts'
import { LiveClients } from '../../../sim/live/clients/clients.ts'
import { exportsOf } from '../../../sim/live/clients/coordinator-http.ts'
import { LiveFleet } from '../../../sim/live/macs/fleet.ts'
import { readExport } from '../../../sim/live/ledger/exported-table.ts'
import { Ledger } from '../../../sim/live/ledger/ledger.ts'
import { type AskedRequest, entriesOf, tie } from '../../../sim/live/ledger/ties.ts'
import { LiveRun } from '../../../sim/live/live-run.ts'
import { PlayedDemand, type PlayedOutcome } from '../../../sim/live/played.ts'
import { Dialler } from '../../../sim/live/macs/socket.ts'
import { CALLED_BACK, LOST, Witness } from '../../../sim/live/witness.ts'
import { allJudges } from '../../../sim/metrics/judges/index.ts'
import { Judges } from '../../../sim/metrics/judges/judges.ts'
import { findPolicy } from '../../../sim/policy/index.ts'
import { simulate } from '../../../sim/simulation.ts'
import { decodeTraceFile, encodeTraceFile } from '../../../sim/trace/file.ts'
import type { TraceRow } from '../../../sim/trace/row.ts'
import { aCoordinator, BUILD, chat, loaded, scenarioText, startFleet } from '../a-fleet.ts'
import type { StandInOptions } from '../stand-in/coordinator.ts'
import { TurnClock } from '../time/turn-clock.ts'

const TEXT = scenarioText({
  fleet: `
  - count: 2
    machine: {chip: M4 Max 40c, memory: 64GB, chassis: Mac Studio, os_memory: 8GB}
    advertises: [${BUILD}]
    resident: [${BUILD}]`,
  demand: `
  - arrivals: {poisson: 4/s}
    mix: {${BUILD}: 100%}
    lengths: {prompt: {lognormal: {median: 200, sigma: 0.5}}, output: 12}
    max_tokens: 64`,
}).replace('duration: 1h', 'duration: 4s\nwarmup: 0s')

interface Told extends PlayedOutcome {
  readonly rows: readonly TraceRow[]
  readonly said: readonly string[]
  readonly of: <K extends TraceRow['kind']>(kind: K) => readonly Extract<TraceRow, { kind: K }>[]
}

const EMPTY = { routes: '', rejections: '' }

/** Users of the scenario before a stand-in; `macs`: whose Macs are in the same process, or in another, or nobody's. */
async function play(
  options: StandInOptions,
  {
    macs = 'here',
    text = TEXT,
    heldAtMost = 1e12,
    microsPerTurn = 2_000,
  }: {
    readonly macs?: 'here' | 'elsewhere'
    readonly text?: string
    readonly heldAtMost?: number
    readonly microsPerTurn?: number
  } = {},
): Promise<Told> {
  const clock = new TurnClock(microsPerTurn)
  const coordinator = await aCoordinator({ now_us: () => clock.unix(), ...options })
  const scenario = await loaded(text)
  const played = new PlayedDemand(scenario, macs === 'here' ? 'macs' : 'clients')
  const run = new LiveRun({
    seed: 1,
    until: 1e12 as Micros,
    clock,
    subscribers: played.subscribers,
    behindMax: Infinity as Micros,
  })
  const url = new URL('/v1/chat/completions', coordinator.httpUrl)
  const witness = macs === 'here' ? new Witness(run.trace, () => run.kernel.now, 'tag') : undefined
  const clients = new LiveClients({
    run,
    loaded: scenario,
    url,
    key: 'sim-key',
    ...(witness === undefined ? {} : { witness }),
  })
  const { dial } = new Dialler(new URL(coordinator.webSocketUrl))
  const elsewhere = macs === 'elsewhere' ? await startFleet(coordinator.webSocketUrl, { text, clock }) : undefined
  for (let mac = 0; mac < (elsewhere === undefined ? 0 : 2); mac += 1) await coordinator.nextAttested()
  const fleet =
    witness === undefined
      ? undefined
      : new LiveFleet({
          run,
          loaded: scenario,
          maxModelSlots: 3,
          dial,
          note() {},
          witness,
          settled: () => run.release(),
        })
  fleet?.start()
  clients.start()
  const said: string[] = []
  await (fleet === undefined
    ? run.run()
    : run.runHeld(heldAtMost as Micros, () => said.push(`${fleet.unsettled} are not routable`)))
  const { openAttempts, answerNames } = clients
  clients.end()
  fleet?.end()
  await elsewhere?.stop()
  const exports = await exportsOf({ url: new URL(coordinator.httpUrl), key: 'sim-admin', option: '--admin-key' })
  if (!exports.ok) throw new Error(exports.error[0]!.message)
  const ledger = Ledger.read(exports.value, EMPTY)
  if (!ledger.ok) throw new Error(ledger.error[0]!.message)
  const outcome = played.outcome({
    run,
    seed: 1,
    openAttempts,
    ledger: ledger.value,
    answerNames,
    sightings: witness?.sightings ?? [],
  })
  const rows = [...outcome.store]
  const of = <K extends TraceRow['kind']>(kind: K) =>
    rows.filter((row): row is Extract<TraceRow, { kind: K }> => row.kind === kind)
  return { ...outcome, rows, of, said }
}

/** The run that most claims are about, played once. */
let plain: Promise<Told> | undefined
const plainRun = (): Promise<Told> => (plain ??= play({}))

/** What the judges of any run say of these rows. */
function judged(rows: readonly TraceRow[], without = ''): readonly string[] {
  const judges = new Judges(allJudges().filter(({ id }) => id !== without))
  const wrong: string[] = []
  const ask = (look: () => void): void => {
    try {
      look()
    } catch (error) {
      wrong.push(String(error))
    }
  }
  for (const row of rows) ask(() => judges.row(row))
  ask(() => judges.end())
  return wrong
}

describe('with Macs of ours', () => {
  it('each decision is a row of the request it was made for, and the judges of any run have nothing to say', async () => {
    const { of, rows, account } = await play({ slotsPerMac: 2, queueMax: 2 })
    const served = of('ended').filter(({ outcome }) => outcome === 'served')
    expect(served.length).toBeGreaterThan(5)
    expect(account).toMatchObject({
      tied: { macs: served.length, answers: 0 },
      strange: 0,
      ambiguous: 0,
      untold: 0,
      moved: 0,
    })
    const decided = of('decision').filter(({ outcome }) => outcome === 'selected')
    expect(decided.map(({ request }) => request).toSorted((a, b) => a - b)).toEqual(
      of('dispatched')
        .map(({ request }) => request)
        .toSorted((a, b) => a - b),
    )
    expect(of('priced')).toHaveLength(decided.length)
    expect(judged(rows)).toEqual([])
  })

  it('a decision names the Mac that was handed the request, and stands between its arrival and its dispatch', async () => {
    const { of, rows } = await plainRun()
    for (const decision of of('decision')) {
      const place = (kind: TraceRow['kind']): number =>
        rows.findIndex((row) => row.kind === kind && 'request' in row && row.request === decision.request)
      const [arrived, decided, dispatched] = [place('arrived'), place('decision'), place('dispatched')]
      expect(arrived).toBeLessThan(decided)
      expect(decided).toBeLessThan(dispatched)
      expect(rows[dispatched]).toMatchObject({ provider: decision.provider })
    }
    // Both Macs, or the claim says nothing.
    expect(new Set(of('decision').map(({ provider }) => provider)).size).toBe(2)
  })

  it('what Macs did for a request goes by the number its client gave it', async () => {
    const { of, result } = await plainRun()
    expect(of('work').map(({ request }) => request)).toEqual(
      of('attempt_ended')
        .filter(({ outcome }) => outcome === 'success')
        .map(({ request }) => request),
    )
    expect(of('work').length).toBeGreaterThan(5)
    expect(Object.keys(result.interference[BUILD] ?? {})).not.toEqual([])
  })

  it('a retry is an attempt of the same request', async () => {
    const { of, rows } = await play({ failFirst: 2 })
    const retried = of('dispatched').filter(({ attempt }) => attempt === 1)
    expect(retried.length).toBe(2)
    for (const { request } of retried) {
      const own = of('decision').filter((row) => row.request === request)
      expect(own.map(({ attempt, phase }) => `${attempt} ${phase}`)).toEqual(['0 select', '1 retry'])
      expect(new Set(own.map(({ provider }) => provider)).size).toBe(2)
      const ended = of('ended').find((row) => row.request === request)
      expect(ended).toMatchObject({ outcome: 'served', attempt: 1 })
    }
    expect(judged(rows)).toEqual([])
  })

  it('names of attempts that the ledger does not know are tied by what was asked and when, or to nothing', async () => {
    const { account, of } = await play({ namesPerAttempt: true })
    const { tied, ambiguous, strange, untold, routes } = account!
    expect(tied.macs + tied.answers).toBe(0)
    expect(tied.fit).toBeGreaterThan(0)
    expect(tied.fit + ambiguous + strange).toBe(routes)
    expect(untold).toBe(of('arrived').length - tied.fit)
  })

  it('a refusal has the reason of the ledger, where the answer has but a public word for it', async () => {
    const { of, result } = await play({
      publicCode: 'rate_limit_exceeded',
      refuse: () => ({ status: 429, code: 'pool_exhausted', retryAfter_s: 2 }),
    })
    expect(of('ended').length).toBeGreaterThan(5)
    expect(new Set(of('ended').map(({ reason }) => reason))).toEqual(new Set(['pool_exhausted']))
    expect(Object.keys(result.requests.rejected)).toEqual(['pool_exhausted'])
    expect(of('preflight')[0]).toMatchObject({ outcome: 'rejected', poolRejections: -1 })
  })

  it('columns that the ledger does not have are named, in the result and in the account', async () => {
    const { account, result } = await plainRun()
    const decisions = account!.decisions
    expect(account!.unknown).toEqual({ 'decision.nearTies': decisions, 'decision.recheck': decisions })
    expect(result.assumed.map(({ path }) => path)).toContain('decision.nearTies, decision.recheck')
    expect(result.models[BUILD]!.queue_ms.p50).toBeNull()
  })

  it('makes a trace file that is read back row for row', async () => {
    const { store, rows, result } = await plainRun()
    const header = {
      scenario: 'live',
      policy: 'real',
      seed: 1,
      digest: result.digest,
      duration_us: 4e6,
      slo: { ttftBase: 1, ttftPerToken: 1, decodeTps: 1 },
      modelOfBuild: { [BUILD]: BUILD },
    }
    const file = await decodeTraceFile(await encodeTraceFile(store, header))
    expect(file.ok && [...file.value.store]).toEqual(rows)
  })
})

describe('demand with Macs of ours', () => {
  it('begins when all of them are routable, at the instants of a run with the same seed', async () => {
    const { of } = await plainRun()
    const lab: TraceRow[] = []
    await simulate({
      scenario: await loaded(TEXT),
      policy: findPolicy('open')!,
      policyName: 'open',
      seed: 1,
      subscribers: [(row) => lab.push(row)],
    })
    expect(of('user_request')).toEqual(lab.filter(({ kind }) => kind === 'user_request'))
    expect(of('registered').map(({ at }) => at as number)).toEqual([0, 0])
  })

  it('finds no coordinator that has nobody, though the first user comes at once', async () => {
    const { of } = await play(
      {},
      { text: TEXT.replace('poisson: 4/s', 'poisson: 200/s').replace('4s', '50ms'), microsPerTurn: 10_000 },
    )
    expect(of('user_request')[0]!.at).toBeLessThan(20_000)
    expect(of('ended').filter(({ outcome }) => outcome !== 'served')).toEqual([])
  })

  it('begins all the same when they do not become routable in time, and that is said', async () => {
    const { of, said } = await play({ silent: true }, { text: TEXT.replace('4s', '1s'), heldAtMost: 100_000 })
    expect(said).toEqual(['2 are not routable'])
    expect(new Set(of('ended').map(({ reason }) => reason))).toEqual(new Set(['no_provider']))
  })
})

describe('with Macs in another process', () => {
  it('answers bear the name by which the ledger knows them, and its Macs are those of the trace', async () => {
    const { account, of, others, rows } = await play({}, { macs: 'elsewhere' })
    expect(account!.tied).toMatchObject({ macs: 0, fit: 0 })
    expect(account!.tied.answers).toBe(of('ended').length)
    expect(others.map(({ serial, chip }) => `${serial} ${chip}`).toSorted()).toEqual(['0 M4 Max', '1 M4 Max'])
    expect(
      of('registered')
        .map(({ machine }) => machine as number)
        .toSorted((a, b) => a - b),
    ).toEqual([0, 1])
    expect(of('dispatched')).toHaveLength(of('ended').length)
    // Nobody saw what Macs did, so these rows alone are missing.
    expect(judged(rows, 'INV-9')).toEqual([])
  })
})

const asked = (request: number, more: Partial<AskedRequest> = {}): AskedRequest => ({
  request: request as RequestId,
  model: 'm',
  promptTokens: 100,
  maxTokens: 0,
  arrivedAt: request * 10e6,
  endedAt: request * 10e6 + 2e6,
  status: 200,
  ...more,
})
const at = (second: number): string => new Date(second * 1_000).toISOString()

describe('a row of the ledger', () => {
  const HEAD = 'request_id,public_model,estimated_prompt_tokens,requested_max_tokens,created_at'
  const entries = (...lines: readonly string[]) => {
    const table = readExport([HEAD, ...lines].join('\n'))
    if (!table.ok) throw new Error(table.error)
    return entriesOf(table.value.rows, [])
  }
  const NOBODY = { byMacs: new Map(), byAnswers: new Map(), began_us: 0 }

  it.each([
    ['the request that was under way then', [asked(1), asked(2)], `a,m,100,64,${at(11)}`, { tied: 1 }],
    ['nobody when another model was asked for', [asked(1)], `a,n,100,64,${at(11)}`, { strange: 1 }],
    ['nobody when the prompt is another', [asked(1)], `a,m,101,64,${at(11)}`, { strange: 1 }],
    ['nobody when it was at another time', [asked(1)], `a,m,100,64,${at(15)}`, { strange: 1 }],
    ['nobody when the limit is another', [asked(1, { maxTokens: 65 })], `a,m,100,64,${at(11)}`, { strange: 1 }],
    ['nobody without a time', [asked(1)], 'a,m,100,64,', { strange: 1 }],
    ['none of two that fit', [asked(1), asked(2, { arrivedAt: 10e6 })], `a,m,100,64,${at(11)}`, { ambiguous: 1 }],
  ] as const)('is tied to %s', (_, requests, line, expected) => {
    const found = tie(entries(line), { asked: requests, ...NOBODY })
    const counts = { tied: 0, strange: 0, ambiguous: 0, ...expected }
    expect({
      tied: found.tied.length,
      strange: found.strange.length,
      ambiguous: found.ambiguous.length,
    }).toEqual(counts)
  })

  it('is tied to nobody when another row fits the same request as well', () => {
    const found = tie(entries(`a,m,100,64,${at(11)}`, `b,m,100,64,${at(11)}`), { asked: [asked(1)], ...NOBODY })
    expect([found.tied.length, found.ambiguous.length]).toEqual([0, 2])
  })

  it('is tied by what a Mac was handed before what an answer bears, and by that before what fits', () => {
    const found = tie(entries(`a,m,100,64,${at(11)}`, `b,m,100,64,${at(11)}`), {
      asked: [asked(1), asked(2), asked(3)],
      byMacs: new Map([['a', 3 as RequestId]]),
      byAnswers: new Map([
        ['chatcmpl-a', 2 as RequestId],
        ['chatcmpl-b', 2 as RequestId],
      ]),
      began_us: 0,
    })
    expect(found.tied.map(({ entry, request, by }) => `${entry.name} ${request} ${by}`)).toEqual([
      'a 3 macs',
      'b 2 answers',
    ])
  })
})

describe('an export', () => {
  it('of nothing is a table without rows', () => {
    expect(readExport('\n\n')).toEqual({ ok: true, value: { head: '', rows: [] } })
  })

  it.each([
    ['no names', 'a,b\n1,2\n', /no column request_id/],
    ['a line of other columns', 'request_id,b\n1\n', /line 2 does not have the columns/],
    ['a page', '<html>\n<body>', /no column request_id/],
  ])('with %s is refused', (_, text, message) => {
    const table = readExport(text)
    expect(table.ok ? '' : table.error).toMatch(message)
  })

  it('keeps the rows of this run alone, as they stood', () => {
    const before = 'request_id,error_reason\nold,"no, not this"\n'
    const after = `${before}new,"one, two"\n`
    const ledger = Ledger.read({ routes: after, rejections: '' }, { routes: before, rejections: '' })
    expect(ledger.ok && ledger.value.texts.routes).toBe('request_id,error_reason\nnew,"one, two"\n')
  })

  it('tells times with a zone, without one, and nothing', () => {
    const table = readExport(
      'request_id,created_at\na,2026-06-21T12:30:00.5+02:00\nb,2026-06-21 10:30:00.500000\nc,null\n',
    )
    expect(table.ok && table.value.rows.map((row) => row.time_us('created_at'))).toEqual([
      Date.UTC(2026, 5, 21, 10, 30, 0, 500) * 1_000,
      Date.UTC(2026, 5, 21, 10, 30, 0, 500) * 1_000,
      undefined,
    ])
  })
})

/** One Mac and its witness, without sockets. */
const witnessed = () => {
  const rows: TraceRow[] = []
  const witness = new Witness({ emit: (row) => void rows.push(row) }, () => 7 as Micros, 'ours')
  const provider = witness.connected({ machine: 0 as MachineIndex, serial: 'mac', chip: 'M4', memory_gb: 64 })
  const dispatch = (number: number): void =>
    witness.dispatched({
      name: `n${number}`,
      from: 'ours-3',
      number: number as RequestId,
      provider,
      build: BUILD as BuildId,
      slotState: 'unknown',
    })
  const of = <K extends TraceRow['kind']>(kind: K) =>
    rows.filter((row): row is Extract<TraceRow, { kind: K }> => row.kind === kind)
  return { witness, dispatch, of }
}

describe('a witness', () => {
  it('takes an attempt beside another for a backup, and one after another for a retry', () => {
    const { witness, dispatch, of } = witnessed()
    dispatch(10)
    dispatch(11)
    witness.ended(10 as RequestId, CALLED_BACK)
    witness.ended(11 as RequestId, LOST)
    dispatch(12)
    expect(of('dispatched').map(({ attempt, backup }) => [attempt, backup])).toEqual([
      [0, false],
      [1, true],
      [2, false],
    ])
    expect(of('attempt_ended').map(({ attempt, outcome, code }) => [attempt, outcome, code])).toEqual([
      [0, 'cancelled', 499],
      [1, 'disconnected', 502],
    ])
  })

  it('knows which attempt began the answer, and takes its first end for the end', () => {
    const { witness, dispatch, of } = witnessed()
    dispatch(10)
    dispatch(11)
    witness.speaks(11 as RequestId)
    witness.speaks(10 as RequestId)
    expect(witness.attemptOf(3 as RequestId)).toBe(1)
    witness.ended(10 as RequestId, CALLED_BACK)
    witness.ended(10 as RequestId, LOST)
    expect(of('attempt_ended')).toHaveLength(1)
  })

  it('knows clients of this run alone', async () => {
    const coordinator = await aCoordinator()
    const rows: TraceRow[] = []
    const run = new LiveRun({
      seed: 1,
      until: 1e12 as Micros,
      clock: new TurnClock(),
      subscribers: [(row) => rows.push(row)],
      behindMax: Infinity as Micros,
    })
    const witness = new Witness(run.trace, () => run.kernel.now, 'ours')
    const { dial } = new Dialler(new URL(coordinator.webSocketUrl))
    const fleet = new LiveFleet({ run, loaded: await loaded(TEXT), maxModelSlots: 3, dial, note() {}, witness })
    fleet.start()
    const ended = run.run()
    const mac = await coordinator.nextAttested()
    await mac.ask(chat({ metadata: { fleetlab_request: 'theirs-0' } })).answered
    await mac.ask(chat()).answered
    await mac.ask(chat({ metadata: { fleetlab_request: 'ours-x' } })).answered
    await mac.ask(chat({ metadata: { fleetlab_request: 'ours-7' } })).answered
    run.stop()
    await ended
    fleet.end()
    expect(witness.strangers).toBe(3)
    const kinds = new Set(['dispatched', 'work', 'delay', 'attempt_ended'])
    expect(new Set(rows.filter(({ kind }) => kinds.has(kind)).map((row) => 'request' in row && row.request))).toEqual(
      new Set([7]),
    )
    expect(witness.sightings.map(({ request, attempt }) => [request, attempt])).toEqual([[7, 0]])
    expect(rows.filter(({ kind }) => kind === 'registered').map((row) => 'machine' in row && row.machine)).toEqual([
      0 as MachineIndex,
      1 as MachineIndex,
    ])
  })
})
