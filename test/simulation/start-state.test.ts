/** Shares drawn by seed: how many is exact, who it is differs, and nothing else shifts. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { RandomStreams } from '../../sim/kernel/random.ts'
import { drawStart, type StartState } from '../../sim/simulation/start-state.ts'
import { loadedFrom, runOf, SMALL } from './world.ts'

const GPT = 'gpt-oss-20b'
const GEMMA = 'gemma-4-26b-qat-4bit'
const FLEET = [
  { count: 30, machine: { chip: 'M4 Max 40c', memory: '64GB', os_memory: '5GB' }, advertises: [GPT, GEMMA] },
  { count: 12, machine: { chip: 'M4 10c', memory: '24GB', os_memory: '5GB' }, advertises: [GPT, GEMMA] },
]

async function drawn(start: readonly object[], seed = 1): Promise<StartState> {
  const { scenario } = await loadedFrom({ ...SMALL, fleet: FLEET, start })
  return drawStart(scenario, new RandomStreams(seed))
}

const offers = ({ machines }: StartState): readonly string[] =>
  machines.map(({ advertises }) => advertises.map(({ build }) => build).join('+'))
const countOf = (list: readonly string[], what: string): number => list.filter((each) => each === what).length

const DISKS = {
  groups: [
    { share: '23%', advertises: [GEMMA] },
    { share: '32%', advertises: [GPT, GEMMA] },
    { share: '45%', advertises: [GPT] },
  ],
}

const requests = async (more: object, policy: string): Promise<readonly string[]> => {
  const seen: string[] = []
  await runOf(await loadedFrom({ ...SMALL, fleet: FLEET, duration: '30s', ...more }), policy, {
    rows: (row) => void (row.kind === 'user_request' && seen.push(`${row.at} ${row.model} ${row.promptTokens}`)),
  })
  return seen
}

describe('the start of a run', () => {
  it('partitions the fleet exactly, and differently under another seed', async () => {
    const one = offers(await drawn([DISKS]))
    // 23 %, 55 % and 100 % of 42 are 9.66, 23.1 and 42.
    expect([countOf(one, GEMMA), countOf(one, `${GPT}+${GEMMA}`), countOf(one, GPT)]).toEqual([10, 13, 19])
    expect(offers(await drawn([DISKS]))).toEqual(one)
    const other = offers(await drawn([DISKS], 2))
    expect(other).not.toEqual(one)
    expect(countOf(other, GEMMA)).toBe(10)
  })

  it('draws from the Macs an entry is of, as the entries before it left them', async () => {
    const state = await drawn([
      { of: { memory_below: '36GB' }, groups: [{ share: '100%', advertises: [GPT] }] },
      { of: { has: [GEMMA] }, groups: [{ share: '50%', resident: [GEMMA] }] },
      { of: { advertises: [GPT] }, groups: [{ count: 5, max_model_slots: 1, answers_challenges: false }] },
    ])
    const large = state.machines.slice(0, 30)
    const small = state.machines.slice(30)
    expect(large.filter(({ resident }) => resident.length > 0)).toHaveLength(15)
    expect(small.every(({ advertises, resident }) => advertises.length === 1 && resident.length === 0)).toBe(true)
    expect(small.filter((mac) => mac.maxModelSlots === 1 && !mac.provider.answers_challenges)).toHaveLength(5)
    expect(
      large.every(({ provider, maxModelSlots }) => provider.answers_challenges && maxModelSlots === undefined),
    ).toBe(true)
    expect(state.shortfalls).toEqual([])
  })

  it('gives resident builds to Macs that offer them, and says where there were too few', async () => {
    const state = await drawn([DISKS, { groups: [{ count: 30, resident: [GEMMA] }] }])
    const warm = state.machines.filter(({ resident }) => resident.length > 0)
    expect(warm).toHaveLength(23)
    expect(warm.every(({ advertises }) => advertises.some(({ build }) => build === GEMMA))).toBe(true)
    expect(state.shortfalls).toEqual([{ at: 'start[1].groups[0]', wanted: 30, found: 23 }])
  })

  it('says in the result that it fell short', async () => {
    const start = [{ groups: [{ share: '100%', advertises: [GPT] }] }, { groups: [{ count: 1, resident: [GEMMA] }] }]
    const { result } = await runOf(await loadedFrom({ ...SMALL, duration: '10s', start }))
    expect(result.warned.filter(({ code }) => code === 'start_falls_short')).toEqual([
      {
        code: 'start_falls_short',
        about: 'start[1].groups[0]',
        text: 'start[1].groups[0] wants 1 Macs and found 0 that offer its builds; look at start',
        look: 'start',
      },
    ])
  })

  it('is what the Macs then tell: resident builds are warm, disks are what they are', async () => {
    const start = [
      {
        groups: [
          { count: 1, advertises: [GEMMA], resident: [GEMMA] },
          { count: 3, advertises: [GPT] },
        ],
      },
      { of: { advertises: [GPT] }, groups: [{ count: 2, resident: [GPT] }] },
    ]
    const warm = new Map<string, number>()
    await runOf(await loadedFrom({ ...SMALL, duration: '1s', start }), 'open', {
      rows: (row) => {
        if (row.kind === 'slot' && row.at < 6e6) warm.set(`${row.provider} ${row.build}`, 1)
      },
    })
    const builds = [...warm.keys()].map((key) => key.split(' ')[1])
    expect([builds.filter((build) => build === GEMMA).length, builds.filter((build) => build === GPT).length]).toEqual([
      1, 2,
    ])
  })

  const shares = fc
    .array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 5 })
    .filter((list) => list.reduce((a, b) => a + b, 0) <= 100)

  test.prop([shares, fc.integer({ min: 1, max: 1_000 })], { numRuns: 60 })(
    'strikes no Mac twice, and misses each share by less than one Mac',
    async (list, seed) => {
      const groups = list.map((share, i) => ({ share: `${share}%`, version: `group-${i}` }))
      const { machines } = await drawn([{ groups }], seed)
      const versions = machines.map(({ version }) => version)
      for (const [i, share] of list.entries()) {
        expect(Math.abs(countOf(versions, `group-${i}`) - (share / 100) * machines.length)).toBeLessThan(1)
      }
      const all = Math.round((list.reduce((a, b) => a + b, 0) / 100) * machines.length)
      expect(versions.filter((version) => version.startsWith('group-'))).toHaveLength(all)
    },
  )

  it('of a policy is that of another: the same seed draws the same Macs, and requests do not shift', async () => {
    const plain = await requests({}, 'open')
    expect(plain.length).toBeGreaterThan(10)
    expect(await requests({ start: [DISKS] }, 'open')).toEqual(plain)
    expect(await requests({ start: [DISKS] }, 'pools')).toEqual(plain)
  })
})
