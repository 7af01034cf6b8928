/** desired_models and downloads: provider-runtime §8. 25 MB/s fetch gemma 4-bit's 15.6 GB in 624 s; hashing takes 11.143 s. */
import { describe, expect, it } from 'vitest'
import type { BuildId } from '../../../sim/base/ids.ts'
import { aMac, type Bench, GEMMA, GEMMA8, GPT, type MacBench, SECOND } from '../a-mac.ts'

const FETCH = 15.6 / 0.025
const HASH = 15.6 / 1.4

type Desire = readonly [desired: BuildId, previous?: BuildId]
const want = (bench: MacBench, at: number, ...desires: readonly Desire[]): MacBench =>
  bench.at(at, (mac) =>
    mac.receive({
      kind: 'desired_models',
      entries: desires.map(([desired, previous]) => ({ alias: `alias-${desired}`, desired, previous })),
    }),
  )
const small = (bench: Bench = {}): MacBench => aMac({ advertises: [GPT], ...bench })
const downloads = (bench: MacBench) =>
  bench.wrote('download').map(({ at, build, what }) => [Math.round(at / SECOND), build, what])
const updates = (bench: MacBench) =>
  bench
    .said('models_update')
    .map(({ heardAt, models }) => [Math.round(heardAt), models.map(({ build }) => build).join()])

describe('a desired build that is not on the disk', () => {
  it('is fetched, hashed and offered in place of the previous one, which stays resident', () => {
    const bench = want(small({ resident: [GPT] }), 1, [GEMMA, GPT]).run(700)
    expect(downloads(bench)).toEqual([
      [1, GEMMA, 'started'],
      [Math.round(1 + FETCH + HASH), GEMMA, 'verified'],
    ])
    expect(bench.said('models_update')).toMatchObject([
      { models: [{ build: GEMMA, templateRenderOk: true, weightHash: `hash of ${GEMMA}` }] },
    ])
    expect(bench.warm()).toEqual([GPT])
    bench.load(701, GEMMA).ask(710, 1, GPT).run(730)
    expect(bench.said('load_status').map(({ status }) => status)).toEqual(['started', 'succeeded'])
  })

  it('is refused before it is there, and its predecessor is served until then', () => {
    const bench = want(small(), 1, [GEMMA, GPT]).ask(2, 1, GEMMA).ask(3, 2, GPT).run(60)
    expect(bench.story(1)).toEqual(['accepted', '404 model load failed: not found'])
    expect(bench.story(2).at(-1)).toBe('complete')
  })

  it('raises the slot cap beside what is offered already', () => {
    const bench = want(small({ resident: [GPT] }), 1, [GEMMA])
      .load(650, GEMMA)
      .run(670)
    expect(bench.warm()).toEqual([GEMMA, GPT])
  })

  it('is told of with the Mac’s next registration too', () => {
    const bench = want(small(), 1, [GEMMA])
      .at(650, (mac) => mac.disconnect(0 as never))
      .run(660)
    expect(
      bench
        .said('register')
        .at(-1)!
        .models.map(({ build }) => build),
    ).toEqual([GPT, GEMMA])
  })

  it('is not fetched when it is too large for the Mac', () => {
    const bench = want(small({ memory_gib: 24, advertises: [GPT] }), 1, [GEMMA8, GPT]).run(3_000)
    expect(downloads(bench)).toEqual([])
  })

  it('comes one after another, in the order of the push', () => {
    const bench = want(small(), 1, [GEMMA], [GEMMA8]).run(2_500)
    expect(downloads(bench).map(([, build, what]) => [build, what])).toEqual([
      [GEMMA, 'started'],
      [GEMMA, 'verified'],
      [GEMMA8, 'started'],
      [GEMMA8, 'verified'],
    ])
  })

  it('is fetched once however often it is asked for', () => {
    const bench = want(want(small(), 1, [GEMMA]), 100, [GEMMA]).run(700)
    expect(downloads(bench)).toHaveLength(2)
  })

  it('is ignored when it is verified and no longer desired', () => {
    const bench = want(want(small(), 1, [GEMMA, GPT]), 100).run(700)
    expect(downloads(bench).at(-1)).toEqual([Math.round(1 + FETCH + HASH), GEMMA, 'unwanted'])
    expect(updates(bench)).toEqual([])
    expect(bench.ask(701, 1, GPT).run(720).story(1).at(-1)).toBe('complete')
  })
})

describe('a desired build on the disk', () => {
  it('that is not offered is only hashed', () => {
    const bench = want(small({ disk: [GEMMA] }), 1, [GEMMA, GPT]).run(30)
    expect(updates(bench)).toEqual([[Math.round(1 + HASH), GEMMA]])
  })

  it('is not hashed when the program starts, for it was not chosen', () => {
    const bench = small({ disk: [GEMMA] })
    bench
      .at(3, (mac) => mac.powerOff())
      .at(10, (mac) => mac.powerOn())
      .run(60)
    expect(bench.said('register')[1]!.heardAt).toBeCloseTo(10 + 12.1 / 1.4, 5)
  })

  it('whose hash is unknown is told of again', () => {
    const bench = want(aMac({ provider: { weight_hashes: { [GEMMA]: '' } } }), 1, [GEMMA, GPT]).run(30)
    expect(updates(bench)).toEqual([[Math.round(1 + HASH), GEMMA]])
    expect(bench.said('models_update')[0]!.models[0]!.weightHash).toBe('')
  })
})

it('a build that is superseded is no longer loaded, nor told of when the Mac registers again', () => {
  const bench = want(small(), 1, [GEMMA, GPT])
    .ask(650, 1, GPT)
    .at(660, (mac) => mac.disconnect(0 as never))
    .run(670)
  expect(bench.story(1)).toEqual(['accepted', '404 model load failed: not advertised'])
  expect(bench.said('register')[1]!.models.map(({ build }) => build)).toEqual([GEMMA])
})

describe('a download', () => {
  it('that fails is tried again after 30, 60, 120, 300 and 600 s, and then not before the next push', () => {
    const settings = { download: { failure_share: '100%', rate: '1000MB/s' } }
    const bench = want(want(small({ settings }), 1, [GEMMA]), 5_000, [GEMMA]).run(5_010)
    const started = bench.wrote('download').filter(({ what }) => what === 'started')
    const gaps = started.slice(1).map(({ at }, i) => Math.round((at - started[i]!.at) / SECOND - 15.6))
    expect(gaps.slice(0, 5)).toEqual([30, 60, 120, 300, 600])
    expect(started).toHaveLength(7)
    expect(started.at(-1)!.at).toBe(5_000 * SECOND)
    expect(updates(bench)).toEqual([])
  })

  it('stops with a crash, is lost, and begins anew with the next push', () => {
    const bench = want(small(), 1, [GEMMA])
    bench.at(600, (mac) => mac.powerOff()).at(601, (mac) => mac.powerOn())
    want(bench, 700, [GEMMA]).run(1_400)
    expect(downloads(bench)).toEqual([
      [1, GEMMA, 'started'],
      [700, GEMMA, 'started'],
      [Math.round(700 + FETCH + HASH), GEMMA, 'verified'],
    ])
  })

  it('stands still while the Mac sleeps', () => {
    const bench = want(small(), 1, [GEMMA])
      .at(100, (mac) => mac.faults.sleep((50 * SECOND) as never))
      .run(800)
    expect(downloads(bench).at(-1)![0]).toBe(Math.round(51 + FETCH + HASH))
  })

  it('is not begun while the program drains for an update', () => {
    const bench = aMac({ advertises: [GPT], resident: [GPT] }).ask(1, 1, GPT, { output: 4_000, max: 4_000 })
    bench.at(2, (mac) => mac.faults.update())
    want(bench, 3, [GEMMA]).run(200)
    expect(downloads(bench)).toEqual([])
  })

  it('leaves what was fetched on the disk for the program that follows, which offers what its owner chose', () => {
    const bench = want(small(), 1, [GEMMA, GPT])
    bench.at(700, (mac) => mac.powerOff()).at(701, (mac) => mac.powerOn())
    want(bench, 720, [GEMMA, GPT]).run(760)
    expect(bench.said('register')[1]!.models.map(({ build }) => build)).toEqual([GPT])
    expect(updates(bench).at(-1)).toEqual([Math.round(720 + HASH), GEMMA])
  })
})
