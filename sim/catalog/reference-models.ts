/**
 * Models as others have measured them: other programs than the provider's, other quantisations. No fleet serves these;
 * `fleetlab calibrate` compares the Mac model with what was published about them.
 */
import { must } from '../base/assert.ts'
import type { BuildId } from '../base/ids.ts'
import type { ModelSpec, Sourced, WeightReading } from './model.ts'
import { DENSE_SHARE, findModel, qwen36Reading } from './models.ts'

const GB = 1e9

const measured = <T>(value: T, source: string): Sourced<T> => ({ value, evidence: 'measured', source })
const fitted = <T>(value: T, source: string): Sourced<T> => ({ value, evidence: 'fitted', source })
const assumed = <T>(value: T, source: string): Sourced<T> => ({ value, evidence: 'assumed', source })

const known = (build: string): ModelSpec => must(findModel(build), `the catalogue knows ${build}`)

const everyEngine = (reading: Sourced<WeightReading>): ModelSpec['reading'] => ({
  '2026-06': reading,
  '2026-07': reading,
})

/** All layers attend fully, or nothing is known of them. */
function withoutWindow(model: ModelSpec): ModelSpec {
  const { window: _window, windowBytesPerRow: _windowBytes, ...others } = model
  return others
}

/** What llama.cpp makes of nominal bandwidth: regression over the chips of mac-provider 2.1. */
const LLAMA_SHARE = fitted(0.92, '30 chips of llama.cpp #4167, mac-provider 2.1')

/** `perTflop`: prompt tokens per second and TFLOP/s; a token takes 13.48 GFLOP. */
function llama7b(quantisation: string, bytes: number, perTflop: number): ModelSpec {
  const source = 'llama.cpp #4167, mac-provider 2.1'
  return {
    ...withoutWindow(known('gemma-3-27b')),
    build: `llama-2-7b-${quantisation}` as BuildId,
    publicName: 'llama-2-7b',
    runtime: 'llama.cpp',
    size_gb: measured(bytes / GB, source),
    diskBytes: measured(bytes, source),
    residentBytes: assumed(bytes, 'as on disk; not published'),
    kvBytesPerToken: assumed(524_288, '32 layers x 4,096 x 2 x fp16, the geometry of LLaMA 7B'),
    // tg128 starts from an empty cache, and a bench of one model never asks for more.
    kvReadPer1kTokens_ms: assumed(0.6, 'bytes per token at the bandwidth of an M4 Max, less what is hidden'),
    contextLimit: assumed(4_096, 'the geometry of LLaMA 7B v2'),
    isVision: false,
    checkpoints: [],
    bandwidthShare: LLAMA_SHARE,
    reading: everyEngine(measured({ kind: 'dense' as const, bytesPerStep: bytes }, source)),
    prefillPerTflop: fitted(perTflop, `mean of all chips but M5, ${source}`),
    prefillHalf: assumed(1e9, 'pp512 is too short to droop'),
  }
}

/** A mixture quantised otherwise: `share` of the bytes of the build of the catalogue. */
function rescaled(build: string, as: string, share: number, source: string): ModelSpec {
  const model = known(build)
  const reading = model.reading['2026-07'].value
  if (reading.kind === 'dense') return model
  const bytes = assumed(model.diskBytes.value * share, source)
  return {
    ...model,
    build: as as BuildId,
    size_gb: assumed(bytes.value / GB, source),
    diskBytes: bytes,
    residentBytes: bytes,
    reading: everyEngine(
      assumed(
        {
          ...reading,
          sharedBytes: reading.sharedBytes * share,
          bytesPerExpert: reading.bytesPerExpert * share,
        },
        source,
      ),
    ),
  }
}

/** Attention and head of the served gpt-oss are 8-bit, its experts 4-bit: mac-provider 3. */
function gptOss4bit(): ModelSpec {
  const source = 'attention and head halved from the 8 bits of the served build, mac-provider 3'
  return {
    ...known('gpt-oss-20b'),
    build: 'gpt-oss-20b-mlx-4bit' as BuildId,
    reading: everyEngine(
      assumed(
        {
          kind: 'experts',
          sharedBytes: (1.29 / 2) * GB,
          bytesPerExpert: 0.317 * GB,
          experts: 32,
          expertsPerToken: 4,
        },
        source,
      ),
    ),
  }
}

/** `Qwen3.8-27B` of mac-provider 2.4: nothing but its kind, size and quantisation is known. */
function dense27b8bit(): ModelSpec {
  const bytes = assumed(28.7 * GB, '27 billion parameters at 8.5 bits')
  return {
    ...withoutWindow(known('gemma-3-27b')),
    build: 'Qwen3.8-27B-8bit' as BuildId,
    publicName: 'qwen3.8-27b',
    size_gb: assumed(28.7, bytes.source),
    diskBytes: bytes,
    residentBytes: bytes,
    bandwidthShare: DENSE_SHARE,
    width: assumed(5_120, 'that of the 27B before it'),
    reading: everyEngine(assumed({ kind: 'dense', bytesPerStep: bytes.value }, bytes.source)),
  }
}

/** A dense model of which geometry and quantisation are published. */
function qwen32b4bit(): ModelSpec {
  const bytes = assumed(18.45 * GB, '32.8 billion parameters at 4.5 bits')
  return {
    ...withoutWindow(known('gemma-3-27b')),
    build: 'Qwen3-32B-4bit' as BuildId,
    publicName: 'qwen3-32b',
    size_gb: assumed(18.45, bytes.source),
    diskBytes: bytes,
    residentBytes: bytes,
    kvBytesPerToken: measured(262_144, '64 layers x 8 kv heads x 128 x 2 x fp16, model config'),
    kvReadPer1kTokens_ms: assumed(1.81, 'bytes per token over those of gpt-oss times its 0.17 ms'),
    bandwidthShare: DENSE_SHARE,
    denseParameters: measured(32.8e9, 'model card'),
    width: measured(5_120, 'hidden size, model config'),
    reading: everyEngine(assumed({ kind: 'dense', bytesPerStep: bytes.value }, bytes.source)),
  }
}

export const referenceModels: readonly ModelSpec[] = [
  llama7b('f16', 13.48 * GB, 56),
  llama7b('q8_0', 7.16 * GB, 52),
  llama7b('q4_0', 3.82 * GB, 51.5),
  {
    ...known('gpt-oss-20b'),
    build: 'gpt-oss-20b-llama.cpp' as BuildId,
    runtime: 'llama.cpp',
    bandwidthShare: LLAMA_SHARE,
    prefillPerTflop: fitted(100, '90-100, mac-provider 2.3'),
    prefillHalf: fitted(32_000, 'droop from pp2048 to pp8192 on three chips, mac-provider 2.2'),
  },
  gptOss4bit(),
  dense27b8bit(),
  qwen32b4bit(),
  {
    ...known('gemma-3-27b'),
    build: 'gemma-3-27b-q4_k_m' as BuildId,
    runtime: 'llama.cpp',
    bandwidthShare: LLAMA_SHARE,
    reading: everyEngine(assumed({ kind: 'dense', bytesPerStep: 16.5 * GB }, 'size of the Q4_K_M file')),
  },
  {
    ...rescaled('gemma-4-26b-qat-4bit', 'gemma-4-26b-q4_k_m', 1.08, '4.85 bits of Q4_K_M over 4.5 of the 4-bit build'),
    runtime: 'llama.cpp',
    bandwidthShare: LLAMA_SHARE,
  },
  rescaled('gemma-4-26b-qat-4bit', 'gemma-4-26b-5bit', 1.22, '5.5 bits over 4.5 of the 4-bit build'),
  rescaled('gemma-4-26b-qat-4bit', 'gemma-4-26b-bf16', 3.55, '16 bits over 4.5 of the 4-bit build'),
  {
    ...known('Qwen3.6-35B-A3B'),
    build: 'Qwen3.6-35B-A3B-8bit' as BuildId,
    size_gb: assumed(37.3, 'sum of its parts'),
    diskBytes: assumed(37.3 * GB, 'sum of its parts'),
    residentBytes: assumed(37.3 * GB, 'sum of its parts'),
    reading: everyEngine(qwen36Reading(1)),
  },
]

const byBuild = new Map<string, ModelSpec>(referenceModels.map((model) => [model.build, model]))

/** A build of the catalogue or one of these. */
export const findAnyModel = (build: string): ModelSpec | undefined => byBuild.get(build) ?? findModel(build)
