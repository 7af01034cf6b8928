/** Published speeds of the models the fleet serves and of their kin: single stream, batches, prompts, prefixes. */
import type { Measurement } from './measurement.ts'

const M4_MAX = 'M4 Max 40c'
const M5_MAX = 'M5 Max 40c'
const GPT = 'gpt-oss-20b'
const GEMMA_4BIT = 'gemma-4-26b-qat-4bit'
const GEMMA_8BIT = 'gemma-4-26b-8bit'
const LLAMA_GPT = 'gpt-oss-20b-llama.cpp'
const SHORT_PROMPT = 'so short a prompt is bound by reading the weights, which the law of prefill leaves out'

const decode: readonly Measurement[] = [
  ...(
    [
      ['M1 Pro 16c', 45.7, 'llama.cpp #15396'],
      ['M1 Max 32c', 75.2, 'llama.cpp #15396'],
      ['M4 Max 32c', 92.4, 'llama.cpp #15396'],
      ['M2 Ultra 76c', [116.1, 130], 'llama.cpp benches/mac-m2-ultra, two builds'],
      ['M3 Ultra 80c', 115.5, 'llama.cpp #15396'],
    ] as const
  ).map(
    ([chip, measured, source]): Measurement => ({
      id: `decode/gpt-oss-20b llama.cpp/${chip}`,
      group: 'decode',
      measured,
      unit: 'tok/s',
      how: { kind: 'decode', model: LLAMA_GPT, chip },
      source: `${source}, mac-provider 2.2`,
      fitted: [],
    }),
  ),
  {
    id: 'decode/gpt-oss-20b/M2 Max 30c',
    group: 'decode',
    measured: 91.5,
    unit: 'tok/s',
    how: { kind: 'decode', model: 'gpt-oss-20b-mlx-4bit', chip: 'M2 Max 30c' },
    source: 'HF Jackrong, MLX 4-bit, mac-provider 2.2',
    fitted: [],
  },
  {
    id: 'decode/gpt-oss-20b/M4 Max 40c',
    group: 'decode',
    measured: [98, 109],
    unit: 'tok/s',
    how: { kind: 'decode', model: GPT, chip: M4_MAX, context: 512 },
    source: 'provider reports 2026-07-27 and 09-05, mac-provider 2.2 and 2.4',
    fitted: ['bandwidth share', 'fixed', 'row'],
  },
  {
    id: 'decode/gpt-oss-20b v0.9.7/M4 Max 40c',
    group: 'decode',
    measured: 123.7,
    unit: 'tok/s',
    how: { kind: 'decode', model: GPT, chip: M4_MAX },
    source: 'provider #1099, mac-provider 2.2',
    fitted: [],
    note: 'a later engine than either of ours, with contiguous KV',
  },
  {
    id: 'decode/gpt-oss-20b at 8k/M4 Max 40c',
    group: 'decode',
    measured: [92.7, 93.7],
    unit: 'tok/s',
    how: { kind: 'decode', model: GPT, chip: M4_MAX, context: 8_192 },
    source: 'provider reports 2026-07-27 and 09-05, mac-provider 2.2',
    fitted: ['KV read'],
  },
  {
    id: 'decode/gemma-4-26b 4-bit/M4 Max 40c',
    group: 'decode',
    measured: [107.4, 107.8],
    unit: 'tok/s',
    how: { kind: 'decode', model: GEMMA_4BIT, chip: M4_MAX },
    source: 'provider reports 2026-07-23 and 07-27, mac-provider 2.2',
    fitted: ['bandwidth share', 'fixed', 'row'],
  },
  {
    id: 'decode/gemma-4-26b 4-bit at 8k/M4 Max 40c',
    group: 'decode',
    measured: 87.5,
    unit: 'tok/s',
    how: { kind: 'decode', model: GEMMA_4BIT, chip: M4_MAX, context: 8_192 },
    source: 'provider report 2026-07-27, mac-provider 2.2',
    fitted: ['KV read'],
  },
  {
    id: 'decode/gemma-4-26b 4-bit/M3 Ultra 80c',
    group: 'decode',
    measured: [83, 111],
    unit: 'tok/s',
    how: { kind: 'decode', model: GEMMA_4BIT, chip: 'M3 Ultra 80c' },
    source: 'provider #1116, macOS 26 then 27, mac-provider 2.2',
    fitted: ['fixed of Ultra parts'],
    note: 'number of cores not stated',
  },
  {
    id: 'decode/gemma-4-26b 8-bit/M5 Max 40c',
    group: 'decode',
    measured: [74, 80],
    unit: 'tok/s',
    how: { kind: 'decode', model: GEMMA_8BIT, chip: M5_MAX, engine: '2026-06' },
    source: 'mlx_lm and provider tests, provider-runtime 9',
    fitted: [],
    note: 'chip not stated; assumed to be the M5 Max of the other figures of that source',
  },
  {
    id: 'decode/gemma-4-26b 8-bit, late June/M4 Max 40c',
    group: 'decode',
    measured: 60.9,
    unit: 'tok/s',
    how: { kind: 'decode', model: GEMMA_8BIT, chip: M4_MAX, engine: '2026-06', context: 973 },
    source: 'provider #470, mac-provider 2.2',
    fitted: [],
    note: 'chip not stated; with M3 Max bandwidth it would be 58 tok/s',
  },
  {
    id: 'decode/gemma-4-26b Q4_K_M llama.cpp/M3 Max 40c',
    group: 'decode',
    measured: 63.9,
    unit: 'tok/s',
    how: { kind: 'decode', model: 'gemma-4-26b-q4_k_m', chip: 'M3 Max 40c' },
    source: 'hiesch.eu, mac-provider 2.2',
    fitted: [],
    note: 'a blog; llama.cpp reads 4-bit gemma less sparsely than MLX does',
  },
  {
    id: 'decode/gemma-4-26b bf16/M2 Ultra 76c',
    group: 'decode',
    measured: 28.8,
    unit: 'tok/s',
    how: { kind: 'decode', model: 'gemma-4-26b-bf16', chip: 'M2 Ultra 76c' },
    source: 'gemma-4-swift-mlx #1, mac-provider 2.2',
    fitted: [],
    note: 'a first version of another program; bytes taken as 3.5 times the 4-bit ones',
  },
  {
    id: 'decode/gemma-3-27b 4-bit/M3 Ultra 80c',
    group: 'decode',
    measured: 35.2,
    unit: 'tok/s',
    how: { kind: 'decode', model: 'gemma-3-27b', chip: 'M3 Ultra 80c' },
    source: 'Rapid-MLX #637, mac-provider 2.2',
    fitted: [],
  },
  {
    id: 'decode/gemma-3-27b Q4_K_M llama.cpp/M4 Pro 20c',
    group: 'decode',
    measured: 13.2,
    unit: 'tok/s',
    how: { kind: 'decode', model: 'gemma-3-27b-q4_k_m', chip: 'M4 Pro 20c' },
    source: 'llmfit #812, mac-provider 2.2',
    fitted: [],
  },
  {
    id: 'decode/Qwen3-30B-A3B 4-bit/M4 Max 40c',
    group: 'decode',
    measured: [98, 124],
    unit: 'tok/s',
    how: { kind: 'decode', model: 'Qwen3-30B-A3B', chip: M4_MAX },
    source: 'vllm-mlx docs, mac-provider 2.2',
    fitted: [],
  },
  {
    id: 'decode/Qwen3-30B-A3B 4-bit/M4 Pro 20c',
    group: 'decode',
    measured: 70.6,
    unit: 'tok/s',
    how: { kind: 'decode', model: 'Qwen3-30B-A3B', chip: 'M4 Pro 20c' },
    source: 'llmfit #812, mac-provider 2.2',
    fitted: ['shared bytes of Qwen3-30B-A3B'],
  },
  {
    id: 'decode/Qwen3.6-35B-A3B 8-bit at 8k/M5 Max 40c',
    group: 'decode',
    measured: 81,
    unit: 'tok/s',
    how: { kind: 'decode', model: 'Qwen3.6-35B-A3B-8bit', chip: M5_MAX, context: 8_192 },
    source: 'omlx #3348, mac-provider 2.4',
    fitted: ['shared bytes of Qwen3.6-35B-A3B'],
  },
]

const GEMMA_BATCH = 'provider reports 2026-07-23 and 07-27, mac-provider 2.4'
const GPT_BATCH = 'provider reports 2026-07-27 and 09-05, aessam/BatchGenerationBenchmark; mac-provider 2.4'

const batch: readonly Measurement[] = [
  ...(
    [
      [2, 160.2],
      [3, 192.3],
      [4, 205.1],
      [8, [247, 258]],
    ] as const
  ).map(
    ([rows, measured]): Measurement => ({
      id: `batch/gemma-4-26b 4-bit x${rows}/M4 Max 40c`,
      group: 'batch',
      measured,
      unit: 'tok/s',
      how: { kind: 'decode', model: GEMMA_4BIT, chip: M4_MAX, rows },
      source: GEMMA_BATCH,
      fitted: ['row', 'expert union'],
    }),
  ),
  ...(
    [
      [2, [123, 154]],
      [4, [146, 213]],
      [8, [188, 273]],
    ] as const
  ).map(
    ([rows, measured]): Measurement => ({
      id: `batch/gpt-oss-20b x${rows}/M4 Max 40c`,
      group: 'batch',
      measured,
      unit: 'tok/s',
      how: { kind: 'decode', model: GPT, chip: M4_MAX, rows, context: 512 },
      source: GPT_BATCH,
      fitted: ['row', 'expert union'],
      note: 'three sources that disagree; the chip of one is not stated',
    }),
  ),
  ...(
    [
      [2, [95, 101]],
      [4, [120, 128]],
    ] as const
  ).map(
    ([rows, measured]): Measurement => ({
      id: `batch/gpt-oss-20b at 8k x${rows}/M4 Max 40c`,
      group: 'batch',
      measured,
      unit: 'tok/s',
      how: { kind: 'decode', model: GPT, chip: M4_MAX, rows, context: 8_192 },
      source: 'provider report 2026-09-05, mac-provider 2.4',
      fitted: [],
      note: 'ordered arrivals: prefill of later rows is part of the figure, not of ours',
    }),
  ),
  ...(
    [
      [16, [144, 281]],
      [24, 295],
      [32, 293],
    ] as const
  ).map(
    ([rows, measured]): Measurement => ({
      id: `batch/gpt-oss-20b mlx-lm x${rows}/M4 Max 40c`,
      group: 'large batch',
      measured,
      unit: 'tok/s',
      how: { kind: 'decode', model: GPT, chip: M4_MAX, rows },
      source: 'aessam/BatchGenerationBenchmark, mac-provider 2.4',
      fitted: [],
      note: 'chip not stated; the row cost is linear in ours and steeper above 16 rows in the figures (mac-provider 0)',
    }),
  ),
  {
    id: 'batch/gemma-4-26b 4-bit x4/M3 Ultra 80c',
    group: 'batch',
    measured: 268,
    unit: 'tok/s',
    how: { kind: 'decode', model: GEMMA_4BIT, chip: 'M3 Ultra 80c', rows: 4 },
    source: 'provider #1116, mac-provider 2.4',
    fitted: ['fixed of Ultra parts'],
  },
  ...(
    [
      [2, 126],
      [4, [181, 186]],
    ] as const
  ).map(
    ([rows, measured]): Measurement => ({
      id: `batch/gemma-4-26b 8-bit x${rows}/M5 Max 40c`,
      group: 'batch',
      measured,
      unit: 'tok/s',
      how: { kind: 'decode', model: GEMMA_8BIT, chip: M5_MAX, engine: '2026-06', rows },
      source: 'mlx_lm and provider tests, provider-runtime 9',
      fitted: [],
      note: 'chip not stated, assumed M5 Max; its matrix units may make a row cheaper than the shader cores ours counts',
    }),
  ),
  ...(
    [
      [3, 136],
      [5, 174],
    ] as const
  ).map(
    ([rows, measured]): Measurement => ({
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
    ([rows, measured]): Measurement => ({
      id: `batch/Qwen3.6-35B-A3B 8-bit unsloth x${rows}/M4 Max 40c`,
      group: rows > 8 ? 'large batch' : 'batch',
      measured,
      unit: 'x',
      how: { kind: 'scaling', model: 'Qwen3.6-35B-A3B-8bit', chip: M4_MAX, rows },
      source: 'unsloth #10310, mac-provider 2.4',
      fitted: [],
      note: 'chip not stated, so only the gain over one row is compared',
    }),
  ),
]

const prefill: readonly Measurement[] = [
  ...(
    [
      ['M1 Pro 16c', 2_048, 515.8],
      ['M1 Pro 16c', 8_192, 437.2],
      ['M1 Max 32c', 2_048, 994.8],
      ['M4 Max 32c', 2_048, 1_277],
      ['M4 Max 32c', 8_192, 1_030],
      ['M2 Ultra 76c', 2_048, [2_191, 2_713]],
      ['M3 Ultra 80c', 2_048, 2_816],
      ['M3 Ultra 80c', 8_192, 2_308],
    ] as const
  ).map(
    ([chip, tokens, measured]): Measurement => ({
      id: `prefill/gpt-oss-20b llama.cpp ${tokens}/${chip}`,
      group: 'prefill',
      measured,
      unit: 'tok/s',
      how: { kind: 'prefill', model: LLAMA_GPT, chip, tokens },
      source: 'llama.cpp #15396 and benches, mac-provider 2.2',
      fitted: ['rate per TFLOP/s', 'droop'],
    }),
  ),
  ...(
    [
      [500, 1_240],
      [8_192, 1_097],
    ] as const
  ).map(
    ([tokens, measured]): Measurement => ({
      id: `prefill/gpt-oss-20b ${tokens}/M4 Max 40c`,
      group: 'prefill',
      measured,
      unit: 'tok/s',
      how: { kind: 'prefill', model: GPT, chip: M4_MAX, tokens },
      source: 'provider report 2026-07-27, mac-provider 2.2',
      fitted: ['rate per TFLOP/s'],
    }),
  ),
  {
    id: 'prefill/gpt-oss-20b 32k TTFT/M4 Max 40c',
    group: 'prefill',
    measured: 45_500,
    unit: 'ms',
    how: { kind: 'ttft', model: GPT, chip: M4_MAX, tokens: 32_768 },
    source: 'provider report 2026-09-05, mac-provider 2.2',
    fitted: ['droop'],
  },
  {
    id: 'prefill/gpt-oss-20b 8k TTFT/M4 Max 40c',
    group: 'prefill',
    measured: 10_700,
    unit: 'ms',
    how: { kind: 'ttft', model: GPT, chip: M4_MAX, tokens: 8_192 },
    source: 'provider report 2026-09-05, mac-provider 2.2',
    fitted: [],
    note: 'noisy host by its own account; the report of July has 7.5 s for the same prompt',
  },
  ...(
    [
      [2_048, 1_293],
      [8_192, 1_091],
    ] as const
  ).map(
    ([tokens, measured]): Measurement => ({
      id: `prefill/gemma-4-26b 4-bit ${tokens}/M4 Max 40c`,
      group: 'prefill',
      measured,
      unit: 'tok/s',
      how: { kind: 'prefill', model: GEMMA_4BIT, chip: M4_MAX, tokens },
      source: 'provider reports 2026-07-23 and 07-27, mac-provider 2.2',
      fitted: ['rate per TFLOP/s', 'droop'],
    }),
  ),
  ...(
    [
      [128, 208],
      [512, 475],
      [2_048, 1_800],
    ] as const
  ).map(
    ([tokens, measured]): Measurement => ({
      id: `prefill/gemma-4-26b 4-bit ${tokens} TTFT/M4 Max 40c`,
      group: 'prefill',
      measured,
      unit: 'ms',
      how: { kind: 'ttft', model: GEMMA_4BIT, chip: M4_MAX, tokens },
      source: 'provider report 2026-07-23, mac-provider 2.2',
      fitted: ['fixed part'],
      note: tokens === 128 ? SHORT_PROMPT : undefined,
    }),
  ),
  {
    id: 'prefill/gemma-4-26b 4-bit 4096/M3 Ultra 80c',
    group: 'prefill',
    measured: [1_438, 2_031],
    unit: 'tok/s',
    how: { kind: 'prefill', model: GEMMA_4BIT, chip: 'M3 Ultra 80c', tokens: 4_096 },
    source: 'provider #1116, macOS 26 then 27, mac-provider 2.2',
    fitted: [],
  },
  ...(
    [
      ['M1 Ultra 64c', 440],
      ['M5 Pro 20c', 1_260],
    ] as const
  ).map(
    ([chip, measured]): Measurement => ({
      id: `prefill/gemma-4-26b 4-bit at 8k in production/${chip}`,
      group: 'prefill',
      measured,
      unit: 'tok/s',
      how: { kind: 'prefill', model: GEMMA_4BIT, chip, tokens: 8_192 },
      source: 'fleet report 2026-07-25, mac-provider 2.2',
      fitted: chip === 'M1 Ultra 64c' ? ['M1 factor'] : [],
      note: 'number of cores not stated, prompts of 8k tokens and more',
    }),
  ),
  ...(
    [
      [1_024, [314, 371]],
      [4_096, [1_426, 1_611]],
      [16_384, [6_286, 6_820]],
      [32_768, [14_900, 17_000]],
      [65_536, [38_673, 40_500]],
      [100_000, [74_174, 76_000]],
    ] as const
  ).map(
    ([tokens, measured]): Measurement => ({
      id: `prefill/gemma-4-26b 8-bit ${tokens} TTFT/M5 Max 40c`,
      group: 'prefill',
      measured,
      unit: 'ms',
      how: { kind: 'ttft', model: GEMMA_8BIT, chip: M5_MAX, engine: '2026-06', tokens },
      source: 'provider docs/assets, provider-runtime 9 and mac-provider 12',
      fitted: ['M5 rate', 'droop of 8-bit'],
    }),
  ),
]

const BURST = 'provider report 2026-07-23, mac-provider 2.4'
/** 48 tok/s for each of four over what the makespan leaves. */
const BURST_OUTPUT = 64

const burst = (
  id: string,
  measured: Measurement['measured'],
  unit: Measurement['unit'],
  gap_ms: number,
  of: Extract<Measurement['how'], { kind: 'burst' }>['of'],
  note = '64 tokens each are assumed: the report gives rates and makespan only',
): Measurement => ({
  id: `burst/${id}/M4 Max 40c`,
  group: 'prefill in a batch',
  measured,
  unit,
  how: { kind: 'burst', model: GEMMA_4BIT, chip: M4_MAX, tokens: 512, output: BURST_OUTPUT, gap_ms, of },
  source: BURST,
  fitted: [],
  note,
})

const bursts: readonly Measurement[] = [
  burst('four 512-token prompts at once, TTFT of the last', 1.88, 's', 0, 'last_ttft_s'),
  burst('four at once, rate of the last', 48, 'tok/s', 0, 'last_decode_tps'),
  burst('four at once, makespan', [2.95, 3.19], 's', 0, 'makespan_s'),
  burst('four 100 ms apart, TTFT of the first', 0.42, 's', 100, 'first_ttft_s'),
  burst(
    'four 100 ms apart, rate of the first',
    24,
    'tok/s',
    100,
    'first_decode_tps',
    'the first row decodes beside the prompts of the others, and how long depends on the length of its answer',
  ),
  burst('four 100 ms apart, rate of the last', 50, 'tok/s', 100, 'last_decode_tps'),
  burst('four 100 ms apart, makespan', [2.95, 3.19], 's', 100, 'makespan_s'),
]

const PREFIX = 'provider docs/assets, mac-provider 12'

const prefix: readonly Measurement[] = [
  ...(
    [
      [64, 71],
      [128, 86],
      [256, 124],
      [384, 165],
      [512, 207],
    ] as const
  ).map(
    ([restored, measured]): Measurement => ({
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

const production: readonly Measurement[] = [
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

export const speedRows: readonly Measurement[] = [...decode, ...batch, ...prefill, ...bursts, ...prefix, ...production]
