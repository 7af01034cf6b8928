/** How a Mac stands with the coordinator: registration, challenges, comings (provider-runtime §3.5, §7, §8). */
import { describe, expect, it } from 'vitest'
import type { Micros } from '../../../sim/base/time.ts'
import { aMac, type Bench, GEMMA, GPT, type MacBench, SECOND } from '../a-mac.ts'

const challenge = (bench: MacBench, at: number, nonce = 1): MacBench =>
  bench.at(at, (mac) => mac.receive({ kind: 'challenge', nonce }))
const answers = (bench: MacBench) => bench.said('challenge_answer').map(({ heardAt, nonce }) => [heardAt, nonce])
const seconds = (value: number) => (value * SECOND) as Micros
const registered = (provider: Bench['provider'] = {}) => aMac({ provider }).run(0).said('register')[0]!
const registrations = (bench: MacBench) => bench.said('register').map(({ heardAt }) => heardAt)
const beatAfter = (bench: MacBench, after: number) => bench.said('heartbeat').find(({ heardAt }) => heardAt > after)

describe('a registration', () => {
  it('of a good provider says so', () => {
    expect(registered()).toMatchObject({
      account: '',
      privateOnly: false,
      trust: { level: 'hardware', runtimeVerified: true, privateText: true, challenge: 'answered' },
    })
    expect(registered()).not.toHaveProperty('decodeTps')
  })

  it('tells what is wrong with it, its benchmarks and whose it is', () => {
    const provider = {
      trust: 'self_signed',
      runtime_verified: false,
      private_text: false,
      private_only: true,
      account: 'alice',
      answers_challenges: false,
      template_broken: [GEMMA],
      registered: { decode_tps: 80, prefill_tps: 900 },
    } as const
    expect(registered({ ...provider, template_broken: [GEMMA] })).toMatchObject({
      account: 'alice',
      privateOnly: true,
      decodeTps: 80,
      prefillTps: 900,
      models: [
        { build: GPT, templateRenderOk: true },
        { build: GEMMA, templateRenderOk: false },
      ],
      trust: { level: 'self_signed', runtimeVerified: false, privateText: false, challenge: 'lapsed' },
    })
  })

  it('shows the trust that attestation has found since', () => {
    const bench = aMac()
      .at(1, (mac) => mac.attested('none'))
      .at(2, (mac) => mac.disconnect(seconds(1)))
      .run(5)
    expect(bench.said('register').map(({ trust }) => trust?.level)).toEqual(['hardware', 'none'])
  })
})

it('a legacy provider’s heartbeats carry no capacity, and say what is warm', () => {
  const bench = aMac({ resident: [GPT], provider: { legacy: true } }).run(6)
  expect(bench.said('heartbeat')[0]).toMatchObject({ capacity: undefined, warmModels: [GPT] })
})

describe('a challenge', () => {
  it('is answered at once', () => {
    expect(answers(challenge(aMac(), 3, 7).run(4))).toEqual([[3, 7]])
  })

  it('waits for a cold load to end', () => {
    const bench = challenge(aMac().ask(1, 1, GPT), 2).run(20)
    expect(answers(bench)).toEqual([[bench.wrote('load_ended')[0]!.at / SECOND, 1]])
  })

  it('does not wait for a load_model', () => {
    expect(answers(challenge(aMac().load(1, GPT), 2).run(20))).toEqual([[2, 1]])
  })

  it('is answered by a Mac whose GPU stands still, and one that drains for an update', () => {
    const bench = aMac({ resident: [GPT] }).ask(1, 1, GPT, { output: 4_000, max: 4_000 })
    bench.at(2, (mac) => mac.faults.stall(seconds(100))).at(2, (mac) => mac.faults.update())
    expect(answers(challenge(bench, 3).run(4))).toEqual([[3, 1]])
  })

  it('is not answered during an outage of attestation, and again afterwards', () => {
    const bench = aMac().at(1, (mac) => mac.faults.attestationOutage(seconds(10)))
    challenge(challenge(bench, 5, 1), 15, 2).run(20)
    expect(answers(bench)).toEqual([[15, 2]])
    expect(bench.wrote('fault').map(({ what }) => what)).toEqual(['attestation_outage', 'recovered'])
  })

  it('is never answered by a Mac that cannot', () => {
    expect(answers(challenge(aMac({ provider: { answers_challenges: false } }), 5).run(10))).toEqual([])
  })
})

describe('registering anew', () => {
  it('happens at once, with the first heartbeat when asked for, and models still resident', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(9, 1, GPT, { output: 4_000, max: 4_000 })
      .at(10, (mac) => mac.faults.register(seconds(3)))
      .run(30)
    expect(registrations(bench)).toEqual([0, 10])
    expect(beatAfter(bench, 10)).toMatchObject({ heardAt: 13, warmModels: [GPT] })
    expect(bench.story(1).at(-1)).not.toBe('complete')
    expect(bench.wrote('work')).toMatchObject([{ outcome: 'cancelled', at: 10 * SECOND }])
  })

  it('is followed by a heartbeat one interval later by default', () => {
    expect(
      beatAfter(
        aMac()
          .at(10, (mac) => mac.faults.register())
          .run(30),
        10,
      )!.heardAt,
    ).toBe(15)
  })

  it('takes the place of a reconnect that was to come', () => {
    const bench = aMac()
      .at(10, (mac) => mac.disconnect(seconds(100)))
      .at(20, (mac) => mac.faults.register())
      .run(200)
    expect(registrations(bench)).toEqual([0, 20])
  })

  it('is nothing for a program that does not run', () => {
    const bench = aMac()
      .at(10, (mac) => mac.powerOff())
      .at(20, (mac) => mac.faults.register())
      .run(200)
    expect(registrations(bench)).toEqual([0])
  })
})
