/** Published runs of Macs that were hot, shared or loading. Nearly every one of them was needed to fit, so none is a test. */
import type { PublishedFigure, HeatPlay, PublishedMeasurement } from './measurement.ts'

const AIR_SOURCE = 'mlx-lm #1010, mac-provider 6'
/** Five runs back to back of 2,048 prompt and 2,048 output tokens, about 110 s each: prefill at full power, dense decode. */
const AIR_RUN = [
  { power: 1, work_s: 10 },
  { power: 0.7, work_s: 98 },
] as const
const AIR_PREFILL = [1, 0.67, 0.75, 0.79, 0.73] as const
const AIR_DECODE = [1, 0.9, 0.89, 0.83, 0.86] as const

const airPlay = (run: number, phases: number): HeatPlay => ({
  chassis: 'MacBook Air',
  chip: 'M4 10c',
  phases: Array.from({ length: run + 1 }, () => AIR_RUN)
    .flat()
    .slice(0, 2 * run + phases),
})

const heatRow = (
  id: string,
  measured: PublishedFigure,
  play: HeatPlay,
  source: string,
  note?: string,
): PublishedMeasurement => ({
  id: `heat/${id}`,
  group: 'heat',
  measured,
  unit: 'share',
  how: { kind: 'heat', ...play },
  source,
  fitted: ['full and sustained power', 'time constant'],
  ...(note !== undefined && { note }),
})

const TWO_MINUTES = { power: 0.9, work_s: 120 } as const
const REST = { power: 0, rest_s: 180 } as const
const MAX_16 = { chassis: 'MacBook Pro 16', chip: 'M3 Max 40c' } as const
const M5_16 = { chassis: 'MacBook Pro 16', chip: 'M5 Max 40c' } as const

const heat: readonly PublishedMeasurement[] = [
  ...AIR_PREFILL.map((measured, run) =>
    heatRow(`MacBook Air M4, run ${run + 1}, prefill`, measured, airPlay(run, 1), AIR_SOURCE),
  ),
  ...AIR_DECODE.map((measured, run) =>
    heatRow(`MacBook Air M4, run ${run + 1}, decode`, measured, airPlay(run, 2), AIR_SOURCE),
  ),
  heatRow(
    'MacBook Air, lid closed, after 20 min',
    0.52,
    {
      chassis: 'MacBook Air',
      chip: 'M3 10c',
      lid: 'closed',
      phases: [
        { power: 1, work_s: 700 },
        { power: 1, work_s: 60 },
      ],
    },
    'Max Tech, 3DMark, mac-provider 6',
  ),
  heatRow(
    'MacBook Air, lid open, after 20 min',
    0.73,
    {
      chassis: 'MacBook Air',
      chip: 'M3 10c',
      phases: [
        { power: 1, work_s: 900 },
        { power: 1, work_s: 60 },
      ],
    },
    'Max Tech, 3DMark, mac-provider 6',
  ),
  heatRow(
    'MacBook Pro M3 Max, back to back',
    0.75,
    { ...MAX_16, phases: [TWO_MINUTES, TWO_MINUTES] },
    'omlx #2689, 21.9 then 16.4 tok/s, mac-provider 6',
  ),
  heatRow(
    'MacBook Pro M3 Max, after 3 min of rest',
    1,
    { ...MAX_16, phases: [TWO_MINUTES, TWO_MINUTES, REST, TWO_MINUTES] },
    'omlx #2689, 22.0 tok/s, mac-provider 6',
  ),
  heatRow(
    'MacBook Pro M5 Max, third run',
    [0.51, 0.68],
    { ...M5_16, phases: [TWO_MINUTES, TWO_MINUTES, TWO_MINUTES] },
    'omlx #2689, 24.3 to 12.4-16.5 tok/s, mac-provider 6',
  ),
  heatRow(
    'MacBook Pro M5 Max, soaked',
    [0.4, 0.52],
    {
      ...M5_16,
      phases: [
        { power: 0.9, work_s: 1_800 },
        { power: 0.9, work_s: 60 },
      ],
    },
    'feedback-assistant #830: runs of 517 and 998 s, mac-provider 6',
  ),
  heatRow(
    'MacBook Pro M4 Max, five long runs',
    0.7,
    {
      chassis: 'MacBook Pro 16',
      chip: 'M4 Max 40c',
      phases: Array.from({ length: 5 }, () => ({ power: 0.9, work_s: 180 })),
    },
    'ds4 #52, mac-provider 6',
  ),
  heatRow(
    'MacBook Pro M4 Max, High Power',
    [0.99, 1],
    {
      chassis: 'MacBook Pro 16',
      chip: 'M4 Max 40c',
      mode: 'high',
      phases: Array.from({ length: 5 }, () => ({ power: 0.7, work_s: 120 })),
    },
    'provider #1099, mac-provider 6',
  ),
  heatRow(
    'Mac Studio M4 Max, an hour',
    1,
    { chassis: 'Mac Studio', chip: 'M4 Max 40c', phases: [{ power: 1, work_s: 3_600 }] },
    'llama.cpp #22745, mac-provider 6',
  ),
]

const GPT = 'gpt-oss-20b'
const GEMMA = 'gemma-4-26b-qat-4bit'

const sharing: readonly PublishedMeasurement[] = [
  {
    id: 'sharing/gemma-4-26b 4-bit decodes while gpt-oss prefills, June/M2 Max 38c',
    group: 'co-residency',
    measured: 2.6,
    unit: 'tok/s',
    how: {
      kind: 'beside_tps',
      model: GEMMA,
      chip: 'M2 Max 38c',
      engine: '2026-06',
      neighbour: GPT,
      does: 'prefill',
    },
    source: 'fleet of 17-20 June, median of co-resident Macs, mac-provider 8',
    fitted: [],
    note: 'a median over busy and idle neighbours; ours has one that never stops prefilling one prompt',
  },
  {
    id: 'sharing/gpt-oss-20b decodes while gemma decodes, June/M4 Max 40c',
    group: 'co-residency',
    measured: [0.5, 0.6],
    unit: 'share',
    how: { kind: 'beside', model: GPT, chip: 'M4 Max 40c', engine: '2026-07', neighbour: GEMMA, does: 'decode' },
    source: 'derived in provider-runtime 6 for steps of equal length',
    fitted: [],
    note: 'a derivation, not a measurement',
  },
  {
    id: 'sharing/decode beside a loop of large kernels',
    group: 'co-residency',
    measured: 0.11,
    unit: 'share',
    how: { kind: 'process', model: GPT, chip: 'M3 Ultra 80c', process: 'compute', macos: 27, of: 'decode' },
    source: 'provider #1116, mac-provider 8',
    fitted: ['process table'],
  },
  {
    id: 'sharing/large kernels beside large kernels',
    group: 'co-residency',
    measured: 0.53,
    unit: 'share',
    how: { kind: 'process', model: GPT, chip: 'M3 Ultra 80c', process: 'compute', macos: 27, of: 'prefill' },
    source: 'provider #1116: 1,370 to 723 a second, mac-provider 8',
    fitted: ['process table'],
  },
  {
    id: 'sharing/gemma beside a 433 GB server, macOS 26',
    group: 'co-residency',
    measured: 0.73,
    unit: 'share',
    how: { kind: 'process', model: GEMMA, chip: 'M3 Ultra 80c', process: 'server', macos: 26, of: 'decode' },
    source: 'provider #1116, 170 samples, mac-provider 8',
    fitted: ['process table'],
  },
  {
    id: 'sharing/gemma beside a 433 GB server, macOS 27',
    group: 'co-residency',
    measured: [0.04, 0.38],
    unit: 'share',
    how: { kind: 'process', model: GEMMA, chip: 'M3 Ultra 80c', process: 'server', macos: 27, of: 'decode' },
    source: 'provider #1116 and omlx #3706, mac-provider 8',
    fitted: ['process table'],
  },
  {
    id: 'sharing/two identical servers',
    group: 'co-residency',
    measured: 0.76,
    unit: 'share',
    how: { kind: 'process', model: GPT, chip: 'M3 Ultra 80c', process: 'twin', macos: 26, of: 'decode' },
    source: 'ds4 #314, mac-provider 8',
    fitted: ['process table'],
  },
]

const load = (
  id: string,
  measured: PublishedFigure,
  chip: string,
  gigabytes: number,
  of: 'hash' | 'read' | 'prepare' | 'all',
  more: {
    readonly cached?: true
    readonly source: string
    readonly fitted?: readonly string[]
    readonly note?: string
  },
): PublishedMeasurement => {
  const { cached, source, fitted = [], note } = more
  return {
    id: `load/${id}`,
    group: 'cold load',
    measured,
    unit: 's',
    how: { kind: 'load', chip, gigabytes, of, ...(cached && { cached }) },
    source: `${source}, mac-provider 5`,
    fitted,
    ...(note !== undefined && { note }),
  }
}

const loads: readonly PublishedMeasurement[] = [
  load('gemma-4-26b 4-bit, hash', 11, 'M4 Max 40c', 15.6, 'hash', {
    source: 'provider #1145, old serial hashing',
    fitted: ['hash rate'],
  }),
  load('gemma-4-26b 4-bit from the page cache, read', 0.98, 'M4 Max 40c', 15.6, 'read', {
    cached: true,
    source: 'provider #1145',
    fitted: ['page cache rate'],
  }),
  load('gemma-4-26b 4-bit, engine preparation', 0.51, 'M4 Max 40c', 15.6, 'prepare', {
    source: 'provider #1145',
    note: 'September program; ours of June takes 1.5 s with the probe forward, as the facts suggest',
  }),
  load('gpt-oss-20b, Max', [4, 6], 'M4 Max 40c', 12.1, 'all', {
    source: 'suggested from all of these',
    fitted: ['rate'],
  }),
  load('gpt-oss-20b, Base', [8, 10], 'M4 10c', 12.1, 'all', {
    source: 'suggested from all of these',
    fitted: ['rate'],
  }),
  load('gemma-4-26b 4-bit, Max', [5, 8], 'M4 Max 40c', 15.6, 'all', {
    source: 'suggested from all of these',
    fitted: ['rate'],
  }),
  load('gemma-4-26b 8-bit, Max', [9, 15], 'M4 Max 40c', 28, 'all', {
    source: 'suggested from all of these',
    fitted: ['rate'],
  }),
  load('gemma-4-26b bf16 47 GB under ollama', 24, 'M3 Ultra 80c', 47, 'read', {
    source: 'ollama #16051',
    note: 'another program',
  }),
  load('31 GB under ollama from the page cache', 7, 'M4 Max 40c', 31, 'read', {
    cached: true,
    source: 'maya #31',
    note: 'another program, chip not stated',
  }),
  load('gemma-4 E2B 3.4 GB, four threads', 1.37, 'M4 Max 40c', 3.4, 'read', {
    source: 'gemma-4-swift-mlx #12',
    note: 'chip not stated',
  }),
  load('32.8 GiB diffusion model', 18.3, 'M1 Ultra 64c', 35.2, 'read', { source: 'h3.c #17', note: 'another program' }),
  load('27 GB mixture on a 64 GB M3 Max', 212, 'M3 Max 40c', 27, 'read', {
    source: 'osaurus #2440',
    note: 'the slow tail that one load in ten has when memory is short; the median is compared',
  }),
]

const wake = (
  id: string,
  measured: PublishedFigure,
  how: Omit<Extract<PublishedMeasurement['how'], { readonly kind: 'wake' }>, 'kind'>,
  source: string,
  note: string,
): PublishedMeasurement => ({
  id: `idling/${id}`,
  group: 'after idling',
  measured,
  unit: 's',
  how: { kind: 'wake', ...how },
  source: `${source}, mac-provider 4`,
  fitted: ['rate of taking weights up'],
  note,
})

const UNWIRED = 'llama.cpp #10119, #11427, #17766; ds4 #931'

const wakes: readonly PublishedMeasurement[] = [
  wake(
    '12.1 GB of gpt-oss-20b taken up again/M4 Max 40c',
    [0.25, 0.32],
    { chip: 'M4 Max 40c', model: GPT, gigabytes: 12.1 },
    UNWIRED,
    'range of 7 to 13.5 GB on two chips; paid by every request that finds its model idle for 2 s, never with mac.unwire.after: 0',
  ),
  wake(
    '13.5 GB of a 7B f16 taken up again/M4 Pro 20c',
    0.264,
    { chip: 'M4 Pro 20c', model: 'llama-2-7b-f16', gigabytes: 13.5 },
    UNWIRED,
    'a step of 320 ms instead of 56 after 1.2 s without work',
  ),
  wake(
    '7.2 GB of a 7B q8_0 taken up again/M2 Ultra 76c',
    [0.25, 0.32],
    { chip: 'M2 Ultra 76c', model: 'llama-2-7b-q8_0', gigabytes: 7.2 },
    UNWIRED,
    'range of 7 to 13.5 GB on two chips; part of it may not depend on size, ours does wholly',
  ),
  wake(
    '157 GB wired at once/M3 Ultra 80c',
    0.99,
    { chip: 'M3 Ultra 80c', model: GPT, gigabytes: 157 },
    'ds4 #726',
    'a residency request of another program for all its weights, not a step that finds them gone',
  ),
]

export const conditionRows: readonly PublishedMeasurement[] = [...heat, ...sharing, ...loads, ...wakes]
