/** A new build takes the place of the old one on a whole fleet: the operator says so, the Macs fetch it, requests follow. */
import { describe, expect, it } from 'vitest'
import type { TraceRow } from '../../sim/trace/row.ts'
import type { RowOf } from '../../sim/trace/schema.ts'
import { accountedFor, loadedFrom, runOf } from './world.ts'

const OLD = 'gemma-4-26b-8bit'
const NEW = 'gemma-4-26b-qat-4bit'

const fleet = {
  count: 3,
  machine: { chip: 'M4 Max 40c', memory: '128GB', os_memory: '6GiB' },
  advertises: [OLD],
  resident: [OLD],
}
/** 15.6 GB take 312 s at 50 MB/s, and 11.1 s to hash. */
const rollout = {
  name: 'rollout',
  duration: '40m',
  models: [OLD, NEW],
  aliases: { gemma: { desired: OLD } },
  fleet: [fleet],
  demand: [{ arrivals: { poisson: '30/m' }, mix: { gemma: '100%' }, lengths: { prompt: 300, output: 60 } }],
  mac: { download: { rate: '50MB/s' } },
  timeline: [{ at: '10m', set_alias: { gemma: { desired: NEW, previous: OLD } } }],
}
const DONE = 600 + 15.6 / 0.05 + 15.6 / 1.4

async function played(document: object, policy = 'open', seed = 1) {
  const rows: TraceRow[] = []
  const { result } = await runOf(await loadedFrom(document), policy, {
    rows: (row) => void rows.push(row),
    seed,
    verify: true,
  })
  expect(accountedFor(result.requests)).toBe(result.requests.arrived)
  const of = <K extends TraceRow['kind']>(kind: K): RowOf<K>[] =>
    rows.filter((row): row is RowOf<K> => row.kind === kind)
  const dispatched = (build: string, from: number, to: number): number =>
    of('dispatched').filter((row) => row.build === build && row.at >= from * 1e6 && row.at < to * 1e6).length
  return { rows, result, of, dispatched }
}

describe.each(['open', 'pools-afe8135'])('a rollout under %s', (policy) => {
  it('moves every request from the previous build to the desired one as soon as that is offered', async () => {
    const { result, of, dispatched } = await played(rollout, policy)
    expect(of('download').map(({ what }) => what)).toEqual([
      'started',
      'started',
      'started',
      ...Array(3).fill('verified'),
    ])
    const changes = of('models_changed').map(({ build, change }) => `${change} ${build}`)
    expect(changes).toHaveLength(6)
    expect(new Set(changes)).toEqual(new Set([`added ${NEW}`, `dropped ${OLD}`]))
    for (const { at } of of('models_changed')) expect(at / 1e6).toBeCloseTo(DONE + 0.06, 1)
    expect(dispatched(OLD, 0, DONE)).toBeGreaterThan(300)
    expect(dispatched(NEW, 0, DONE)).toBe(0)
    expect(dispatched(OLD, DONE + 1, 2_400)).toBe(0)
    expect(dispatched(NEW, DONE + 1, 2_400)).toBeGreaterThan(500)
    expect(result.requests.served).toBeGreaterThan(0.95 * result.requests.arrived)
  })
})

describe('a rollout', () => {
  it('sends everything to the first Mac that has the new build: there is no ramp', async () => {
    const { of, dispatched } = await played({
      ...rollout,
      fleet: [{ ...fleet, id: 'first', count: undefined, disk: [NEW] }, fleet],
    })
    const added = of('models_changed').find(({ change }) => change === 'added')
    expect(added!.at / 1e6).toBeCloseTo(600 + 15.6 / 1.4, 0)
    const between = of('dispatched').filter(({ at }) => at > 620e6 && at < DONE * 1e6)
    expect(new Set(between.map(({ provider, build }) => `${provider} ${build}`))).toEqual(new Set([`0 ${NEW}`]))
    expect(dispatched(OLD, 620, 2_400)).toBe(0)
  })

  it('keeps the previous build where the copy that was fetched is another than the catalog pins', async () => {
    const { of, dispatched } = await played({
      ...rollout,
      models: [OLD, { build: NEW, like: NEW, weight_hash: 'right' }],
      fleet: [{ ...fleet, count: 1, weight_hashes: { [NEW]: 'wrong' } }],
    })
    expect(of('models_changed').map(({ build, change }) => [build, change])).toEqual([[NEW, 'rejected']])
    expect(dispatched(NEW, 0, 2_400)).toBe(0)
    expect(dispatched(OLD, DONE + 1, 2_400)).toBeGreaterThan(500)
  })

  it('that is called off while Macs still fetch changes nothing', async () => {
    const timeline = [...rollout.timeline, { at: '12m', set_alias: { gemma: { desired: OLD } } }]
    const { of, dispatched } = await played({ ...rollout, timeline })
    expect(of('models_changed')).toEqual([])
    expect(dispatched(NEW, 0, 2_400)).toBe(0)
  })

  it('reaches a Mac that was away when it was ordered, as soon as it is back', async () => {
    const timeline = [{ at: '9m', disconnect: { machines: ['mac-1'], for: '5m' } }, ...rollout.timeline]
    const { of } = await played({ ...rollout, timeline })
    const verified = of('download').filter(({ what, machine }) => what === 'verified' && machine === 0)
    expect(verified.map(({ at }) => Math.round(at / 1e6))).toEqual([Math.round(DONE - 600 + 840 + 0.06)])
  })

  it('is played back when the operator turns it round, from the disk', async () => {
    const timeline = [...rollout.timeline, { at: '25m', set_alias: { gemma: { desired: OLD, previous: NEW } } }]
    const { of, dispatched } = await played({ ...rollout, timeline })
    expect(of('download').filter(({ what }) => what === 'verified')).toHaveLength(6)
    expect(dispatched(NEW, 1_600, 2_400)).toBe(0)
    expect(dispatched(OLD, 1_600, 2_400)).toBeGreaterThan(300)
  })

  it('happens alike for the same seed', async () => {
    const [once, again] = [await played(rollout), await played(rollout)]
    expect(again.result.digest).toBe(once.result.digest)
  })
})
