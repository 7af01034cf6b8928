/** What a run says it rests on: only what it came to a place to need, with the value it had there. */
import { describe, expect, it } from 'vitest'
import type { AssumedInput } from '../../sim/base/assumed.ts'
import type { TraceRow } from '../../sim/trace/row.ts'
import { loadedFrom, runOf } from './world.ts'

interface Differs {
  readonly mac?: object
  readonly engine?: string
  readonly advertises?: readonly string[]
  readonly requests?: readonly object[]
  readonly timeline?: readonly object[]
  readonly os_memory?: string
}

const request = (at: string, model = 'gpt-oss-20b', prompt = 500): object => ({ at, model, prompt, output: 50 })

/** One Mac whose memory is known. */
const scenario = ({ os_memory = '6GiB', ...differs }: Differs): object => ({
  name: 'assumed',
  duration: '2m',
  models: ['gpt-oss-20b', 'gemma-4-26b-qat-4bit'],
  engine: differs.engine ?? '2026-06',
  fleet: [
    {
      id: 'mac-a',
      machine: { chip: 'M4 Max 40c', memory: '64GB', ...(os_memory !== 'drawn' && { os_memory }) },
      advertises: differs.advertises ?? ['gpt-oss-20b'],
      max_model_slots: 1,
      resident: ['gpt-oss-20b'],
    },
  ],
  demand: [{ requests: differs.requests ?? [request('1s')] }],
  ...(differs.timeline !== undefined && { timeline: differs.timeline }),
  mac: differs.mac ?? {},
})

async function run(differs: Differs, seed = 1) {
  const rows: TraceRow[] = []
  const { result } = await runOf(await loadedFrom(scenario(differs)), 'open', {
    seed,
    verify: true,
    rows: (row) => void rows.push({ ...row }),
  })
  return { result, rows }
}

const assumed = async (differs: Differs): Promise<readonly AssumedInput[]> => (await run(differs)).result.assumed
const valueOf = async (path: string, differs: Differs): Promise<unknown> =>
  (await assumed(differs)).find((input) => input.path === path)?.value

/** Requests that are cut off while their prompts are read. */
const CUT = {
  requests: Array.from({ length: 12 }, (_, i) => request(`${1 + 8 * i}s`, 'gpt-oss-20b', 5_000)),
  timeline: Array.from({ length: 12 }, (_, i) => ({
    at: `${2.5 + 8 * i}s`,
    disconnect: { machines: ['mac-a'], for: '1s' },
  })),
}

/** A slot for one model, and requests for two in turn. */
const SWAPS = {
  advertises: ['gpt-oss-20b', 'gemma-4-26b-qat-4bit'],
  requests: [request('1s', 'gemma-4-26b-qat-4bit'), request('40s'), request('80s', 'gemma-4-26b-qat-4bit')],
}

describe('what nobody has measured', () => {
  it('is named by no run that does not need it', async () => {
    expect(await assumed({})).toEqual([])
  })

  it('is, of cancelled prompts, named with its value where one was cancelled in a group, and nowhere else', async () => {
    const path = 'mac.cancelled_prefill'
    expect(await valueOf(path, CUT)).toBe('always')
    expect(await valueOf(path, { ...CUT, mac: { cancelled_prefill: '30%' } })).toBe('30%')
    expect(await valueOf(path, { ...CUT, mac: { cancelled_prefill: 'never' } })).toBe('never')
    expect(await valueOf(path, { ...CUT, engine: '2026-07' })).toBeUndefined()
  })

  it('is, of the page cache, named where a file was loaded that had been read before', async () => {
    const path = 'mac.load.page_cache_keeps'
    expect(await valueOf(path, SWAPS)).toBe('always')
    expect(await valueOf(path, { ...SWAPS, mac: { load: { page_cache_keeps: 'never' } } })).toBe('never')
  })

  it('is, of memory, named where it is drawn', async () => {
    expect(await valueOf('mac.os_memory', { os_memory: 'drawn' })).toEqual({ apps_on: 'always', apps_median: '5.2GiB' })
  })

  it('is left to a scenario that marks it itself', async () => {
    const document = {
      ...scenario({ ...CUT, mac: { cancelled_prefill: '30%' } }),
      assumed: [{ path: 'mac.cancelled_prefill', why: 'a guess of ours' }],
    }
    const { result } = await runOf(await loadedFrom(document))
    expect(result.assumed).toEqual([{ path: 'mac.cancelled_prefill', value: '30%', why: 'a guess of ours' }])
  })
})

const ghostsOf = (rows: readonly TraceRow[]): number =>
  rows.reduce((most, row) => (row.kind === 'machine_state' ? Math.max(most, row.ghosts) : most), 0)

/** Microseconds of a load that follows the cancelled prompts. */
const loadsOf = async (cancelled_prefill: string) => {
  const cold = { ...CUT, advertises: ['gpt-oss-20b', 'gemma-4-26b-qat-4bit'] }
  const more = [...CUT.requests, request('115s', 'gemma-4-26b-qat-4bit')]
  const { rows } = await run({ ...cold, requests: more, mac: { cancelled_prefill } })
  return rows.flatMap((row) => (row.kind === 'load_ended' ? [row.took] : []))
}

/** Most bytes of files that the page cache held. */
const filesOf = async (page_cache_keeps: string): Promise<number> => {
  const { rows } = await run({ ...SWAPS, mac: { load: { page_cache_keeps } } })
  const states = rows.flatMap((row) => (row.kind === 'machine_state' ? [row.fileBytes] : []))
  return Math.max(...states)
}

/** What OS and programs hold at the start of 40 Macs, in their order. */
const osOf = async (apps_on: string): Promise<readonly number[]> => {
  const document = scenario({ os_memory: 'drawn', mac: { os_memory: { apps_on, drift_every: '0' } } }) as {
    readonly fleet: readonly object[]
  }
  const { id: _, ...entry } = document.fleet[0] as { readonly id: string }
  const first = new Map<number, number>()
  await runOf(await loadedFrom({ ...document, fleet: [{ ...entry, count: 40 }] }), 'open', {
    rows: (row) => {
      if (row.kind === 'machine_state' && !first.has(row.machine)) first.set(row.machine, row.osBytes)
    },
  })
  return [...first].toSorted(([a], [b]) => a - b).map(([, bytes]) => bytes)
}

/** Microseconds of the GPU. */
const busy = async (cancelled_prefill: string): Promise<number> => {
  const { rows } = await run({ ...CUT, mac: { cancelled_prefill } })
  if (cancelled_prefill === 'never') expect(ghostsOf(rows)).toBe(0)
  return rows.reduce((sum, row) => (row.kind === 'gpu_busy' ? sum + row.at - row.since : sum), 0)
}

describe('a setting from never to always', () => {
  it('prefills as many cancelled prompts on as it says', async () => {
    const [never, some, always] = [await busy('never'), await busy('50%'), await busy('always')]
    expect(never).toBeLessThan(some)
    expect(some).toBeLessThan(always)
    // The same run in other words.
    expect([await busy('0%'), await busy('100%')]).toEqual([never, always])
  })

  it('draws it from a stream of its own: other draws stay', async () => {
    const some = await loadsOf('50%')
    expect(some).toHaveLength(1)
    expect(some).toEqual(await loadsOf('never'))
  })

  it('leaves so much of a file in the page cache', async () => {
    const all = await filesOf('always')
    expect(all).toBeGreaterThan(12e9)
    expect([await filesOf('never'), await filesOf('25%')]).toEqual([0, expect.closeTo(all / 4, 0)])
  })

  it("lets the owner's programs hold memory on as many Macs", async () => {
    const [never, some, always] = [await osOf('never'), await osOf('50%'), await osOf('always')]
    expect(Math.max(...never)).toBeLessThanOrEqual(5 * 2 ** 30)
    // Each Mac has its base alone or all that it has with programs: who has some shifts no other draw.
    const having = some.filter((bytes, i) => bytes === always[i]).length
    expect(some.every((bytes, i) => bytes === always[i] || bytes === never[i])).toBe(true)
    expect([having > 10, having < 30]).toEqual([true, true])
  })

  it('refuses what is neither', async () => {
    const loading = loadedFrom(scenario({ mac: { cancelled_prefill: 'sometimes' } }))
    await expect(loading).rejects.toThrow('mac.cancelled_prefill must be `never`, `always` or a share such as 30%')
  })
})
