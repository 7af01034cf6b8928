/** Published prefill rates and times to the first token, alone and in a batch. */
import type { PublishedMeasurement } from './measurement.ts'

const M4_MAX = 'M4 Max 40c'
const M5_MAX = 'M5 Max 40c'
const GPT = 'gpt-oss-20b'
const GEMMA_4BIT = 'gemma-4-26b-qat-4bit'
const GEMMA_8BIT = 'gemma-4-26b-8bit'
const LLAMA_GPT = 'gpt-oss-20b-llama.cpp'
const SHORT_PROMPT = 'so short a prompt is bound by reading the weights, which the law of prefill leaves out'

const prefill: readonly PublishedMeasurement[] = [
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
    ([chip, tokens, measured]): PublishedMeasurement => ({
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
    ([tokens, measured]): PublishedMeasurement => ({
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
    ([tokens, measured]): PublishedMeasurement => ({
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
    ([tokens, measured]): PublishedMeasurement => ({
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
    ([chip, measured]): PublishedMeasurement => ({
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
    ([tokens, measured]): PublishedMeasurement => ({
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
  measured: PublishedMeasurement['measured'],
  unit: PublishedMeasurement['unit'],
  gap_ms: number,
  of: Extract<PublishedMeasurement['how'], { kind: 'burst' }>['of'],
  note = '64 tokens each are assumed: the report gives rates and makespan only',
): PublishedMeasurement => ({
  id: `burst/${id}/M4 Max 40c`,
  group: 'prefill in a batch',
  measured,
  unit,
  how: { kind: 'burst', model: GEMMA_4BIT, chip: M4_MAX, tokens: 512, output: BURST_OUTPUT, gap_ms, of },
  source: BURST,
  fitted: [],
  note,
})

const bursts: readonly PublishedMeasurement[] = [
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

export const prefillRows: readonly PublishedMeasurement[] = [...prefill, ...bursts]
