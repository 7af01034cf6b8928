/** Every log that is told by its content. The coordinator's ledger is three tables that belong together: `../ledger`. */
import type { LogFormat } from '../reading/log-format.ts'
import { aiPerf } from './ai-perf.ts'
import { azure } from './azure.ts'
import { burstGpt } from './burst-gpt.ts'
import { dynamo } from './dynamo.ts'
import { guideLlm } from './guide-llm.ts'
import { inferencePerf } from './inference-perf.ts'
import { liteLlm } from './lite-llm.ts'
import { mooncake, qwen } from './mooncake.ts'
import { openRouter } from './open-router.ts'
import { otel } from './otel.ts'
import { own } from './own.ts'
import { vllm } from './vllm.ts'

export const logFormats: readonly LogFormat[] = [
  own,
  openRouter,
  liteLlm,
  otel,
  azure,
  burstGpt,
  mooncake,
  qwen,
  vllm,
  guideLlm,
  aiPerf,
  inferencePerf,
  dynamo,
]
