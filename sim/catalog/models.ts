/**
 * The builds the fleet serves, with everything the coordinator's catalog and the engine need to know of each. Sections
 * name the facts files: mac-provider, provider-runtime, coordinator-routing.
 */
import type { BuildId } from '../base/ids.ts'
import type { ModelSpec, Sourced, WeightReading } from './model.ts'

const GB = 1e9
const GIB = 2 ** 30

const measured = <T>(value: T, source: string): Sourced<T> => ({ value, evidence: 'measured', source })
const fitted = <T>(value: T, source: string): Sourced<T> => ({ value, evidence: 'fitted', source })
const assumed = <T>(value: T, source: string): Sourced<T> => ({ value, evidence: 'assumed', source })

const SIZES = 'artefact served, mac-provider 3 and provider-runtime 3.2'
const RESIDENT = 'MLX active memory, activation-floor report, mac-provider 3'
const KV_CHARGE = 'full-attention layers only, provider-runtime 5.2'
const EXPERTS = 'tensor sizes checked against resident size, mac-provider 3'
const PREFILL_HALF = fitted(45_000, 'droop of both models at 8k and 32k, mac-provider 2.3')
const CONTEXT = measured(131_072, 'catalogue limit, mac-provider 3')
/** The models' own limits are not published; the coordinator injects this when the catalog is silent. */
const MAX_OUTPUT = assumed(8_192, 'coordinator fallback for an absent max_output_length, coordinator-routing')

/** 4-bit gemma when its experts are read sparsely: shared part, and one expert over all layers. */
const GEMMA_4BIT_SHARED_BYTES = 1.61 * GB
const GEMMA_4BIT_EXPERT_BYTES = 0.1 * GB
/** Bytes of the 8-bit build over those of the 4-bit one. */
const GEMMA_8BIT_FACTOR = 1.85

export const DENSE_SHARE = fitted(0.9, 'dense models, mac-provider 0')
const SIZES_OTHERS = 'artefact sizes, mac-provider 3'
const GEOMETRY = 'mac-provider 3'

/** Small active mixtures decode at 0.7 of full power, mac-provider 6. */
const MIXTURE_POWER = fitted(0.7, 'small-active MoE, mac-provider 6')
const ACTIVATIONS = 'activation transient at B = 8, mac-provider 3'

const gemma4bitSparse: WeightReading = {
  kind: 'experts',
  sharedBytes: GEMMA_4BIT_SHARED_BYTES,
  bytesPerExpert: GEMMA_4BIT_EXPERT_BYTES,
  experts: 128,
  expertsPerToken: 8,
}

const gptReading = fitted<WeightReading>(
  { kind: 'experts', sharedBytes: 1.29 * GB, bytesPerExpert: 0.317 * GB, experts: 32, expertsPerToken: 4 },
  EXPERTS,
)

const gemma8bitReading: WeightReading = {
  kind: 'experts',
  sharedBytes: GEMMA_4BIT_SHARED_BYTES * GEMMA_8BIT_FACTOR,
  bytesPerExpert: GEMMA_4BIT_EXPERT_BYTES * GEMMA_8BIT_FACTOR,
  experts: 128,
  expertsPerToken: 8,
}

/** Boundaries at which the June engine keeps a copy of a hybrid model's whole cache: provider-runtime 5.8. */
const CHECKPOINTS = [256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768] as const

/** Shared weights at their bits per weight, scales included. */
const DENSE_PARAMETERS = 'shared bytes at their bits per weight, mac-provider 3'
const WIDTH = 'hidden size, model config; mac-provider 3'

const everyEngine = (reading: Sourced<WeightReading>): ModelSpec['reading'] => ({
  '2026-06': reading,
  '2026-07': reading,
})

/** Of the 8-bit build. */
const QWEN36_SHARED_BYTES = 2.75 * GB

/** `share`: of the bytes of the 8-bit build. */
export const qwen36Reading = (share: number): Sourced<WeightReading> =>
  fitted(
    {
      kind: 'experts',
      sharedBytes: QWEN36_SHARED_BYTES * share,
      bytesPerExpert: 0.134 * GB * share,
      experts: 256,
      expertsPerToken: 8,
    },
    'sizes on disk; shared part fitted to 81 tok/s of the 8-bit build at 8k on M5 Max, mac-provider 2.4',
  )

const QWEN30_SHARED_BYTES = 1.26 * GB

/** What both builds of gemma-4-26b share. */
const gemma = {
  publicName: 'gemma-4-26b',
  kvBytesPerToken: measured(20_480, KV_CHARGE),
  windowBytesPerRow: measured(0.21 * GB, '25 sliding layers of 1,024 tokens, mac-provider 3 and provider-runtime 5.2'),
  kvReadPer1kTokens_ms: fitted(0.142, 'full-attention layers: bytes per token over those of gpt-oss times its 0.17 ms'),
  // What r of mac-provider 0 holds of half-filled windows stays there, so this is less than their bytes alone would take.
  window: {
    tokens: 1_024,
    readPer1kTokens_ms: fitted(0.844, 'the rest of +2.0 ms per step at 8k context on M4 Max, mac-provider 3'),
  },
  contextLimit: CONTEXT,
  maxOutput: MAX_OUTPUT,
  isVision: true,
  decodePower: MIXTURE_POWER,
  activationBytes: measured(3.6 * GIB, ACTIVATIONS),
  checkpoints: CHECKPOINTS,
  prefillPerTflop: fitted(80, 'M3 and M4, mac-provider 2.3'),
  prefillHalf: PREFILL_HALF,
  denseParameters: fitted(GEMMA_4BIT_SHARED_BYTES / 0.5625, `${DENSE_PARAMETERS}; 4.5 bits`),
  width: measured(2_816, WIDTH),
} as const

export const models: readonly ModelSpec[] = [
  {
    build: 'gpt-oss-20b' as BuildId,
    publicName: 'gpt-oss-20b',
    size_gb: measured(12.1, SIZES),
    minRam_gb: measured(24, 'catalogue, mac-provider 3'),
    diskBytes: measured(12.1 * GB, SIZES),
    residentBytes: measured(11.25 * GIB, RESIDENT),
    kvBytesPerToken: measured(24_576, KV_CHARGE),
    windowBytesPerRow: fitted(12 * 128 * 2_048, '12 sliding layers of 128 tokens at 2 KiB, geometry in mac-provider 3'),
    kvReadPer1kTokens_ms: measured(0.17, '+1.4 ms per step at 8k context on M4 Max, mac-provider 3'),
    // In a batch the sliding layers, half of them all, hold and read the whole context.
    kvReadInBatch: fitted(2, '48 KiB per token and row measured at 8 rows, 24 KiB where windows hold; mac-provider 3'),
    denseParameters: fitted((1.29 * GB) / 1.0625, `${DENSE_PARAMETERS}; 8.5 bits`),
    width: measured(2_880, WIDTH),
    contextLimit: CONTEXT,
    maxOutput: MAX_OUTPUT,
    isVision: false,
    decodePower: MIXTURE_POWER,
    activationBytes: measured(2.7 * GIB, ACTIVATIONS),
    checkpoints: [64, 128, 2_048, 4_096, 8_192, 16_384, 32_768],
    reading: { '2026-06': gptReading, '2026-07': gptReading },
    prefillPerTflop: fitted(78, '1,240 tok/s at 500 and 1,097 at 8k tokens on M4 Max 40c, mac-provider 2.2'),
    prefillHalf: PREFILL_HALF,
  },
  {
    ...gemma,
    build: 'gemma-4-26b-qat-4bit' as BuildId,
    size_gb: measured(15.6, SIZES),
    minRam_gb: measured(36, 'catalogue, mac-provider 3 and 12'),
    diskBytes: measured(15.6 * GB, SIZES),
    residentBytes: measured(13.48 * GIB, `${RESIDENT}; text part`),
    reading: {
      // 21 tok/s in production is what reading everything gives; the cause named is a hypothesis of the real project.
      '2026-06': fitted(
        { kind: 'dense', bytesPerStep: 14.6 * GB },
        'gemma decode bandwidth analysis, provider-runtime 9',
      ),
      '2026-07': fitted(gemma4bitSparse, EXPERTS),
    },
  },
  {
    ...gemma,
    build: 'gemma-4-26b-8bit' as BuildId,
    size_gb: measured(28, SIZES),
    minRam_gb: measured(36, 'catalogue, really 64; mac-provider 3'),
    diskBytes: measured(28 * GB, SIZES),
    residentBytes: measured(24.97 * GIB, `${RESIDENT}; text part`),
    reading: {
      '2026-06': fitted(gemma8bitReading, `${EXPERTS}, x1.85 of the 4-bit build`),
      '2026-07': fitted(gemma8bitReading, `${EXPERTS}, x1.85 of the 4-bit build`),
    },
    prefillHalf: fitted(72_000, 'cold prefill of 1k to 100k tokens on M5 Max, provider-runtime 9'),
  },
  {
    build: 'gemma-3-27b' as BuildId,
    publicName: 'gemma-3-27b',
    size_gb: measured(15.4, SIZES_OTHERS),
    minRam_gb: assumed(36, 'as gemma-4-26b qat-4bit, of the same size'),
    diskBytes: measured(15.4 * GB, SIZES_OTHERS),
    residentBytes: assumed(15.4 * GB, 'as on disk; not published'),
    kvBytesPerToken: fitted(86_000, '2.9 GiB at 32k minus the windows, mac-provider 3'),
    windowBytesPerRow: assumed(0.42 * GB, '52 of 62 layers slide over 1,024 tokens at 16 kv heads of 128'),
    kvReadPer1kTokens_ms: assumed(0.6, 'bytes per token over those of gpt-oss times its 0.17 ms'),
    window: {
      tokens: 1_024,
      readPer1kTokens_ms: assumed(1.76, 'bytes of the windows over those of gemma-4-26b times its 0.844 ms'),
    },
    contextLimit: measured(131_072, GEOMETRY),
    maxOutput: MAX_OUTPUT,
    isVision: true,
    decodePower: fitted(0.9, 'dense 27B, mac-provider 6'),
    activationBytes: assumed(3.6 * GIB, 'that of gemma-4-26b'),
    checkpoints: CHECKPOINTS,
    bandwidthShare: DENSE_SHARE,
    denseParameters: assumed(27e9, 'all parameters of a dense model'),
    width: measured(5_376, 'hidden size, model config'),
    reading: everyEngine(
      assumed({ kind: 'dense', bytesPerStep: 14.5 * GB }, 'everything on disk but the vision tower, some 0.9 GB'),
    ),
    prefillPerTflop: assumed(13, '54 GFLOP per token at the 0.7 of FP32 that llama.cpp reaches with dense models'),
    prefillHalf: assumed(72_000, 'that of gemma 8-bit'),
  },
  {
    build: 'Qwen3-30B-A3B' as BuildId,
    publicName: 'qwen3-30b-a3b',
    size_gb: measured(17.2, SIZES_OTHERS),
    minRam_gb: measured(32, GEOMETRY),
    diskBytes: measured(17.2 * GB, SIZES_OTHERS),
    residentBytes: assumed(17.2 * GB, 'as on disk; not published'),
    kvBytesPerToken: measured(98_304, `96 KiB, all layers attend fully; ${GEOMETRY}`),
    kvReadPer1kTokens_ms: assumed(0.7, 'bytes per token over those of gpt-oss times its 0.17 ms'),
    contextLimit: measured(262_144, GEOMETRY),
    maxOutput: MAX_OUTPUT,
    isVision: false,
    decodePower: MIXTURE_POWER,
    activationBytes: assumed(3.3 * GIB, 'that of Qwen3.6-35B-A3B'),
    checkpoints: [],
    denseParameters: fitted(QWEN30_SHARED_BYTES / 0.5625, `${DENSE_PARAMETERS}; 4.5 bits`),
    width: measured(2_048, WIDTH),
    reading: everyEngine(
      fitted(
        {
          kind: 'experts',
          sharedBytes: QWEN30_SHARED_BYTES,
          bytesPerExpert: 0.126 * GB,
          experts: 128,
          expertsPerToken: 8,
        },
        'size on disk; shared part fitted to 70.6 tok/s on M4 Pro, mac-provider 2.2',
      ),
    ),
    prefillPerTflop: assumed(80, 'that of gemma-4-26b, of about the same active size'),
    prefillHalf: PREFILL_HALF,
  },
  {
    build: 'Qwen3.6-35B-A3B' as BuildId,
    publicName: 'qwen3.6-35b-a3b',
    size_gb: measured(21.3, SIZES_OTHERS),
    minRam_gb: measured(36, 'catalogue says 32 and should say 36, mac-provider 3'),
    diskBytes: measured(21.3 * GB, SIZES_OTHERS),
    residentBytes: measured(18.17 * GIB, RESIDENT),
    kvBytesPerToken: measured(22_500, `20-25 KB; ${GEOMETRY}`),
    kvReadPer1kTokens_ms: assumed(0.156, 'bytes per token over those of gpt-oss times its 0.17 ms'),
    contextLimit: measured(262_144, GEOMETRY),
    maxOutput: MAX_OUTPUT,
    isVision: true,
    decodePower: MIXTURE_POWER,
    activationBytes: measured(3.3 * GIB, ACTIVATIONS),
    checkpoints: CHECKPOINTS,
    denseParameters: fitted(QWEN36_SHARED_BYTES / 1.0625, `${DENSE_PARAMETERS}; 8.5 bits`),
    width: assumed(2_048, 'that of Qwen3-30B-A3B'),
    reading: everyEngine(qwen36Reading(0.57)),
    prefillPerTflop: assumed(80, 'that of gemma-4-26b, of about the same active size'),
    prefillHalf: PREFILL_HALF,
  },
]

const byBuild = new Map<string, ModelSpec>(models.map((model) => [model.build, model]))

/** By build name, `gemma-4-26b-qat-4bit`. */
export const findModel = (build: string): ModelSpec | undefined => byBuild.get(build)
