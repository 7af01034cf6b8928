/** Published gains of prefix caches, and what the production fleet measured of itself. */
import type { PublishedMeasurement } from './measurement.ts'

const M5_MAX = 'M5 Max 40c'
const GPT = 'gpt-oss-20b'
const GEMMA_4BIT = 'gemma-4-26b-qat-4bit'
const GEMMA_8BIT = 'gemma-4-26b-8bit'

const PREFIX = 'provider docs/assets, mac-provider 12'

const prefix: readonly PublishedMeasurement[] = [
  ...(
    [
      [64, 71],
      [128, 86],
      [256, 124],
      [384, 165],
      [512, 207],
    ] as const
  ).map(
    ([restored, measured]): PublishedMeasurement => ({
      id: `prefix/gemma-4-26b 8-bit saves by ${restored} tokens/M5 Max 40c`,
      group: 'prefix',
      measured,
      unit: 'ms',
      how: { kind: 'saving', model: GEMMA_8BIT, chip: M5_MAX, engine: '2026-06', tokens: restored + 32, restored },
      source: PREFIX,
      fitted: [],
      note: 'cold less warm; the test harness adds about 200 ms to both, and a fixed gain that no prefill explains',
    }),
  ),
  {
    id: 'prefix/gemma-4-26b 8-bit restores 16k, TTFT/M5 Max 40c',
    group: 'prefix',
    measured: [76, 90],
    unit: 'ms',
    how: { kind: 'ttft', model: GEMMA_8BIT, chip: M5_MAX, engine: '2026-06', tokens: 16_400, restored: 16_384 },
    source: 'provider docs/assets, provider-runtime 9',
    fitted: [],
  },
  {
    id: 'prefix/gemma-4-26b 8-bit restores 32k, TTFT/M5 Max 40c',
    group: 'prefix',
    measured: 118,
    unit: 'ms',
    how: { kind: 'ttft', model: GEMMA_8BIT, chip: M5_MAX, engine: '2026-06', tokens: 32_784, restored: 32_768 },
    source: 'provider docs/assets, provider-runtime 9',
    fitted: [],
    note: 'copying the restored cache is not modelled',
  },
]

const production: readonly PublishedMeasurement[] = [
  {
    id: 'production/gemma-4-26b 4-bit decode in June/M2 Max 38c',
    group: 'production',
    measured: 21,
    unit: 'tok/s',
    how: { kind: 'decode', model: GEMMA_4BIT, chip: 'M2 Max 38c', engine: '2026-06' },
    source: 'routing-v2, batch about 0, provider-runtime 9',
    fitted: ['dense reading of 4-bit gemma'],
    note: 'mean of a mixed fleet; a Max of 400 GB/s stands for it',
  },
  {
    id: 'production/gpt-oss-20b decode in June/M2 Max 38c',
    group: 'production',
    measured: 69,
    unit: 'tok/s',
    how: { kind: 'decode', model: GPT, chip: 'M2 Max 38c', engine: '2026-06', context: 1_000 },
    source: 'routing-v2, batch about 0, provider-runtime 9',
    fitted: [],
    note: 'mean of a mixed fleet with Base and Pro chips in it; a Max of 400 GB/s stands for it',
  },
  {
    id: 'production/slope of TTFT over prompt tokens, all traffic/M3 Max 40c',
    group: 'production',
    measured: 0.99,
    unit: 'ms/token',
    how: { kind: 'slope', model: GEMMA_4BIT, chip: 'M3 Max 40c', from: 500, to: 4_000 },
    source: 'fleet regression 2026-07-25, r2 .80, mac-provider 2.2',
    fitted: [],
    note: 'slope only: the intercept of 1.66 s is production path and queueing; an M3 Max stands for the fleet',
  },
  {
    id: 'production/slope of TTFT over prompt tokens, gemma/M3 Max 40c',
    group: 'production',
    measured: [0.9075, 0.946],
    unit: 'ms/token',
    how: { kind: 'slope', model: GEMMA_4BIT, chip: 'M3 Max 40c', from: 500, to: 4_000 },
    source: 'fleet regression 2026-07-25, two versions, mac-provider 2.2',
    fitted: [],
    note: 'slope only; an M3 Max stands for the fleet',
  },
]

export const serviceRows: readonly PublishedMeasurement[] = [...prefix, ...production]
