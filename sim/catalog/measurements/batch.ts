/** Published decode rates of batches. */
import type { PublishedMeasurement } from './measurement.ts'

const M4_MAX = 'M4 Max 40c'
const M5_MAX = 'M5 Max 40c'
const M3_ULTRA = 'M3 Ultra 80c'
const GPT = 'gpt-oss-20b'
const GEMMA_4BIT = 'gemma-4-26b-qat-4bit'
const GEMMA_8BIT = 'gemma-4-26b-8bit'
const UNSTATED_CHIP = 'chip not stated, so only the gain over one row is compared'

const CONTIGUOUS = 'Augustas11/macprovider #1623, contiguous compiled path, mac-provider 2.4'
const GEMMA_BATCH = 'provider reports 2026-07-23 and 07-27, mac-provider 2.4'
const GPT_BATCH = 'provider reports 2026-07-27 and 09-05, aessam/BatchGenerationBenchmark; mac-provider 2.4'

export const batchRows: readonly PublishedMeasurement[] = [
  ...(
    [
      [2, 160.2],
      [3, 192.3],
      [4, 205.1],
      [8, [247, 258]],
    ] as const
  ).map(
    ([rows, measured]): PublishedMeasurement => ({
      id: `batch/gemma-4-26b 4-bit x${rows}/M4 Max 40c`,
      group: 'batch',
      measured,
      unit: 'tok/s',
      how: { kind: 'decode', model: GEMMA_4BIT, chip: M4_MAX, rows },
      source: GEMMA_BATCH,
      fitted: ['arithmetic share', 'fixed'],
    }),
  ),
  ...(
    [
      [2, [123, 154]],
      [4, [146, 213]],
      [8, [188, 273]],
    ] as const
  ).map(
    ([rows, measured]): PublishedMeasurement => ({
      id: `batch/gpt-oss-20b x${rows}/M4 Max 40c`,
      group: 'batch',
      measured,
      unit: 'tok/s',
      how: { kind: 'decode', model: GPT, chip: M4_MAX, rows, context: 512 },
      source: GPT_BATCH,
      fitted: ['arithmetic share', 'fixed'],
      note: 'three sources that disagree; the chip of one is not stated',
    }),
  ),
  ...(
    [
      [2, [95, 101]],
      [4, [120, 128]],
    ] as const
  ).map(
    ([rows, measured]): PublishedMeasurement => ({
      id: `batch/gpt-oss-20b at 8k x${rows}/M4 Max 40c`,
      group: 'batch',
      measured,
      unit: 'tok/s',
      how: { kind: 'decode', model: GPT, chip: M4_MAX, rows, context: 8_192 },
      source: 'provider report 2026-09-05, mac-provider 2.4',
      fitted: [],
      note: 'while all rows decode; on the same Mac four rows at 512 tokens took a third longer than in the report of July',
    }),
  ),
  ...(
    [
      [16, [144, 281]],
      [24, 295],
      [32, 293],
    ] as const
  ).map(
    ([rows, measured]): PublishedMeasurement => ({
      id: `batch/gpt-oss-20b mlx-lm x${rows}/M4 Max 40c`,
      group: 'large batch',
      measured,
      unit: 'tok/s',
      how: { kind: 'decode', model: GPT, chip: M4_MAX, rows },
      source: 'aessam/BatchGenerationBenchmark, mac-provider 2.4',
      fitted: [],
      note: 'chip not stated; 97 tok/s of one row is that of an M4 Max 40c',
    }),
  ),
  {
    id: 'batch/gemma-4-26b 4-bit x4/M3 Ultra 80c',
    group: 'batch',
    measured: 268,
    unit: 'tok/s',
    how: { kind: 'decode', model: GEMMA_4BIT, chip: 'M3 Ultra 80c', rows: 4 },
    source: 'provider #1116, mac-provider 2.4',
    fitted: ['fixed'],
  },
  ...(
    [
      [2, 126],
      [4, [181, 186]],
    ] as const
  ).map(
    ([rows, measured]): PublishedMeasurement => ({
      id: `batch/gemma-4-26b 8-bit x${rows}/M5 Max 40c`,
      group: 'batch',
      measured,
      unit: 'tok/s',
      how: { kind: 'decode', model: GEMMA_8BIT, chip: M5_MAX, engine: '2026-06', rows },
      source: 'mlx_lm and provider tests, provider-runtime 9',
      fitted: [],
      note: 'chip not stated, assumed M5 Max; its matrix units may make a row cheaper than the mean of both rates in ours',
    }),
  ),
  ...(
    [
      [3, 136],
      [5, 174],
    ] as const
  ).map(
    ([rows, measured]): PublishedMeasurement => ({
      id: `batch/Qwen3.6-35B-A3B 8-bit at 8k x${rows}/M5 Max 40c`,
      group: 'batch',
      measured,
      unit: 'tok/s',
      how: { kind: 'decode', model: 'Qwen3.6-35B-A3B-8bit', chip: M5_MAX, rows, context: 8_192 },
      source: 'omlx #3348, mac-provider 2.4',
      fitted: [],
      note: 'expert sizes of this build are not published',
    }),
  ),
  {
    id: 'batch/Qwen3-30B-A3B 4-bit x5/M4 Max 40c',
    group: 'batch',
    measured: 233,
    unit: 'tok/s',
    how: { kind: 'decode', model: 'Qwen3-30B-A3B', chip: M4_MAX, rows: 5 },
    source: 'vllm-mlx docs, mac-provider 2.4',
    fitted: [],
  },
  ...(
    [
      [4, 2.2],
      [10, 3.04],
    ] as const
  ).map(
    ([rows, measured]): PublishedMeasurement => ({
      id: `batch/Qwen3.6-35B-A3B 8-bit unsloth x${rows}/M4 Max 40c`,
      group: rows > 8 ? 'large batch' : 'batch',
      measured,
      unit: 'x',
      how: { kind: 'scaling', model: 'Qwen3.6-35B-A3B-8bit', chip: M4_MAX, rows },
      source: 'unsloth #10310, mac-provider 2.4',
      fitted: [],
      note: UNSTATED_CHIP,
    }),
  ),
  ...(
    [
      [4, 2.83],
      [10, 3.35],
    ] as const
  ).map(
    ([rows, measured]): PublishedMeasurement => ({
      id: `batch/Qwen3.8-27B 8-bit dense unsloth x${rows}/M3 Max 40c`,
      group: rows > 8 ? 'large batch' : 'batch',
      measured,
      unit: 'x',
      how: { kind: 'scaling', model: 'Qwen3.8-27B-8bit', chip: 'M3 Max 40c', rows },
      source: 'unsloth #10310, mac-provider 2.4',
      fitted: [],
      note: rows > 8 ? `${UNSTATED_CHIP}; what linear attention keeps of each row is left out of ours` : UNSTATED_CHIP,
    }),
  ),
  ...(
    [
      [2, 166.5],
      [4, 235.9],
      [8, 322.3],
    ] as const
  ).map(
    ([rows, measured]): PublishedMeasurement => ({
      id: `batch/Qwen3-30B-A3B 4-bit x${rows}/M3 Ultra 80c`,
      group: 'batch',
      measured,
      unit: 'tok/s',
      how: { kind: 'decode', model: 'Qwen3-30B-A3B', chip: M3_ULTRA, rows, context: 1_088 },
      source: CONTIGUOUS,
      fitted: [],
      note: 'number of cores not stated',
    }),
  ),
  ...(
    [
      [2, 49.9],
      [4, 57.2],
      [8, 64],
    ] as const
  ).map(
    ([rows, measured]): PublishedMeasurement => ({
      id: `batch/Qwen3-32B 4-bit dense x${rows}/M3 Ultra 80c`,
      group: 'batch',
      measured,
      unit: 'tok/s',
      how: { kind: 'decode', model: 'Qwen3-32B-4bit', chip: M3_ULTRA, rows, context: 1_088 },
      source: CONTIGUOUS,
      fitted: [],
      note: 'vector kernels on two dies reach half the share that they do on one; gemma on the same chip does not show it',
    }),
  ),
  {
    id: 'batch/gemma-4-26b 5-bit mlx-vlm x4/M4 Max 40c',
    group: 'batch',
    measured: 2.5,
    unit: 'x',
    how: { kind: 'scaling', model: 'gemma-4-26b-5bit', chip: M4_MAX, rows: 4 },
    source: 'mlx-vlm #1166, mac-provider 2.4',
    fitted: [],
    note: 'chip not stated, so only the gain over one row is compared; other programs gain 1.9 to 2.1 there',
  },
]
