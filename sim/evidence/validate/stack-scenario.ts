/**
 * A scenario in which the whole simulator is a textbook queue: Poisson arrivals, one unbounded first-in-first-out queue,
 * machines that take one request at a time, nobody who gives up, nothing on the way that takes time. It is text (JSON is
 * YAML) and comes in through the same door as a user's file, so what is compared with theory is what users run.
 *
 * A Mac serves a request in a constant time per token of its answer. Two small things come on top and are in the service
 * time that theory is given: the forward that seeds a row, and the wait of a row for the engine's look for work, once a
 * millisecond; it is a whole one when a request follows another without a pause, and a part of one when the Mac was idle.
 */
import { must } from '../../base/assert.ts'
import { type EngineVersion, findChip } from '../../catalog/index.ts'
import { stepConstants } from '../../catalog/step-constants.ts'
import { StepLaw } from '../../mac/engine/law/step-law.ts'
import { modelEntrySchema, modelSpecOf } from '../../scenario/format/model-entry.ts'

const CHIP = 'M4 Max 40c'
const ENGINE: EngineVersion = '2026-06'
const BUILD = 'server'
/** Nothing but tokens takes time: a prompt of one token costs less than a nanosecond, and context is read for nothing. */
const MODEL = {
  build: BUILD,
  like: 'gpt-oss-20b',
  size: '1GB',
  min_ram: '1GB',
  resident: '1GB',
  kv_per_token: '1B',
  kv_read_per_1k_ms: 0,
  context_limit: 100_000_000,
  max_output: 100_000_000,
  vision: false,
  reading: { dense: '1MB' },
  prefill_per_tflop: 1e9,
  prefill_half: 1e9,
}
/** Longer than any run, shorter than a timer may be. */
const NEVER = '8784h'
const PROMPT_TOKENS = 1
/** No answer comes near it. */
const MAX_TOKENS = 10_000_000
/** Between looks of an engine that has no work. */
const LOOK_NANOS = 1_000_000
const NANOS_PER_SECOND = 1e9

const law = new StepLaw(
  stepConstants(
    must(findChip(CHIP), 'stack: the chip is in the catalog'),
    must(modelSpecOf(modelEntrySchema.parse(MODEL)), 'stack: the model is like one of the catalog'),
    ENGINE,
  ),
)

/** Seconds that a Mac takes for each token of an answer, and besides. */
export const TOKEN_S = law.decodeNanos(1, 0) / NANOS_PER_SECOND
export const BESIDES_S = (law.decodeNanos(1, 0) + law.chunkNanos(0, PROMPT_TOKENS) + LOOK_NANOS) / NANOS_PER_SECOND

/** One Poisson stream of requests, as `lengths.output` of a scenario says how long their answers are. */
export interface StackStream {
  /** Per second. */
  readonly rate: number
  readonly output: unknown
}

export function stackScenario(macs: number, streams: readonly StackStream[], duration_s: number): string {
  return JSON.stringify({
    name: 'stack',
    duration: `${duration_s}s`,
    engine: ENGINE,
    models: [MODEL],
    fleet: [
      {
        count: macs,
        // Fixed, so that it does not drift.
        machine: { chip: CHIP, memory: '64GB', chassis: 'Mac Studio', os_memory: '8GB' },
        advertises: [BUILD],
        resident: [BUILD],
      },
    ],
    demand: streams.map(({ rate, output }) => ({
      arrivals: { poisson: `${rate}/s` },
      mix: { [BUILD]: '100%' },
      lengths: { prompt: PROMPT_TOKENS, output },
      max_tokens: MAX_TOKENS,
      patience: { enabled: false },
    })),
    network: { one_way: 0 },
    coordinator: {
      decision: { service: 0 },
      QUEUE_MAX_DEPTH: 1_000_000,
      QUEUE_MAX_WAIT: NEVER,
      TTFT_LIVE_DEADLINE_BASE_MS: 1e12,
      INFERENCE_TIMEOUT: NEVER,
      MIN_DECODE_TPS: 0,
      WARM_POOL_ENABLED: false,
      // What happens every few seconds and changes nothing here only costs time.
      METRICS_INTERVAL: NEVER,
      EVICTION_SWEEP: NEVER,
      EVICTION_TIMEOUT: NEVER,
    },
    mac: {
      max_rows: 1,
      // A view that is never stale.
      heartbeat_on_change: true,
      heartbeat_interval: NEVER,
      prepare_time: 0,
      first_output_timeout: NEVER,
      // A model stays loaded and mapped.
      idle_timeout: 0,
      unwire: { after: 0 },
    },
  })
}
