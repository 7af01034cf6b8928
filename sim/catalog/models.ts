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

/** What both builds of gemma-4-26b share. */
const gemma = {
  publicName: 'gemma-4-26b',
  kvBytesPerToken: measured(20_480, KV_CHARGE),
  windowBytesPerRow: measured(0.21 * GB, '25 sliding layers of 1,024 tokens, mac-provider 3 and provider-runtime 5.2'),
  kvReadPer1kTokens_ms: measured(0.25, '+2.0 ms per step at 8k context on M4 Max, mac-provider 3'),
  contextLimit: CONTEXT,
  maxOutput: MAX_OUTPUT,
  isVision: true,
  decodePower: MIXTURE_POWER,
  activationBytes: measured(3.6 * GIB, ACTIVATIONS),
  checkpoints: [256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768],
  prefillPerTflop: fitted(80, 'M3 and M4, mac-provider 2.3'),
  prefillHalf: PREFILL_HALF,
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
    contextLimit: CONTEXT,
    maxOutput: MAX_OUTPUT,
    isVision: false,
    decodePower: MIXTURE_POWER,
    activationBytes: measured(2.7 * GIB, ACTIVATIONS),
    checkpoints: [64, 128, 2_048, 4_096, 8_192, 16_384, 32_768],
    reading: { '2026-06': gptReading, '2026-07': gptReading },
    prefillPerTflop: fitted(75, 'MLX, mac-provider 2.3'),
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
  },
]

const byBuild = new Map<string, ModelSpec>(models.map((model) => [model.build, model]))

/** By build name, `gemma-4-26b-qat-4bit`. */
export const findModel = (build: string): ModelSpec | undefined => byBuild.get(build)
