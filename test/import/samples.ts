/** The same few requests as each program would have logged them; what a format cannot say is left out of it. */
import { writeTimestamp } from '../../sim/base/calendar.ts'

export interface Logged {
  /** Microseconds since 1970. */
  readonly at: number
  readonly prompt: number
  readonly output: number
  readonly ttft_us: number
  readonly e2e_us: number
  readonly ending: 'served' | 'failed' | 'cancelled' | 'refused'
}

/** 2026-06-21T12:00:00Z */
export const NOON = 1_782_043_200_000_000

const logged = (after_us: number, prompt: number, output: number, ending: Logged['ending'] = 'served'): Logged => ({
  at: NOON + after_us,
  prompt,
  output,
  ttft_us: 250_000,
  e2e_us: 250_000 + output * 20_000,
  ending,
})

export const REQUESTS: readonly Logged[] = [
  logged(0, 120, 40),
  logged(1_500_000, 2_048, 300),
  logged(1_500_001, 17, 1),
  logged(4_000_250, 900, 60, 'failed'),
  logged(7_250_000, 640, 12, 'cancelled'),
  logged(9_999_999, 8_000, 1_000),
]

export interface SampleLog {
  readonly name: string
  write(requests: readonly Logged[]): string
  /** Of one unit, and so all that a log of it can tell of a time. */
  readonly resolution_us: number
  /** Whether a time of day is in it. */
  readonly calendar: boolean
  /** Endings it can tell apart; others are `served` or not in it. */
  readonly endings: readonly Logged['ending'][]
  readonly says: 'unknown' | 'endings'
  /** One request a line: it can be cut, shuffled, and read in part. */
  readonly byLine: boolean
  readonly header: boolean
}

const lines = (head: string, rows: readonly string[]): string => [head, ...rows, ''].join('\n')
const jsonLines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
const s = (us: number): number => us / 1e6
const PROMPT = 'CANARY my secret, "quoted"\nprompt; with, separators'

export const SAMPLES: readonly SampleLog[] = [
  {
    name: 'fleetlab',
    resolution_us: 1,
    calendar: true,
    endings: [],
    says: 'unknown',
    byLine: true,
    header: true,
    write: (requests) =>
      lines(
        'arrival_s,prompt_tokens,output_tokens',
        requests.map(({ at, prompt, output }) => `${(at / 1e6).toFixed(6)}000,${prompt},${output}`),
      ),
  },
  {
    name: 'azure',
    resolution_us: 1,
    calendar: true,
    endings: [],
    says: 'unknown',
    byLine: true,
    header: true,
    // The 100 ns of 2023, and its missing zone.
    write: (requests) =>
      lines(
        'TIMESTAMP,ContextTokens,GeneratedTokens',
        requests.map(
          ({ at, prompt, output }) => `${writeTimestamp(at).replace('T', ' ').replace('Z', '0')},${prompt},${output}`,
        ),
      ),
  },
  {
    name: 'burstgpt',
    resolution_us: 1,
    calendar: false,
    endings: ['served', 'failed'],
    says: 'endings',
    byLine: true,
    header: true,
    write: (requests) =>
      lines(
        'Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type',
        requests.map(
          ({ at, prompt, output, e2e_us, ending }) =>
            `${s(at - NOON + 5_000_000)},7,${s(e2e_us)},ChatGPT,${prompt},${ending === 'failed' ? 0 : output},${prompt + output},Conversation log`,
        ),
      ),
  },
  {
    name: 'mooncake',
    resolution_us: 1_000,
    calendar: false,
    endings: [],
    says: 'unknown',
    byLine: true,
    header: false,
    write: (requests) =>
      jsonLines(
        requests.map(({ at, prompt, output }) => ({
          timestamp: Math.round((at - NOON) / 1_000),
          input_length: prompt,
          output_length: output,
          hash_ids: Array.from({ length: Math.ceil(prompt / 512) }, (_, i) => i),
        })),
      ),
  },
  {
    name: 'qwen',
    resolution_us: 1_000,
    calendar: false,
    endings: [],
    says: 'unknown',
    byLine: true,
    header: false,
    write: (requests) =>
      jsonLines(
        requests.map(({ at, prompt, output }, i) => ({
          chat_id: i,
          parent_chat_id: -1,
          timestamp: Math.round((at - NOON) / 1_000) / 1_000,
          input_length: prompt,
          output_length: output,
          type: 'text',
          turn: 1,
          hash_ids: Array.from({ length: Math.ceil(prompt / 16) }, (_, block) => block),
        })),
      ),
  },
  {
    name: 'litellm',
    resolution_us: 1,
    calendar: true,
    endings: ['served', 'failed'],
    says: 'endings',
    byLine: true,
    header: false,
    write: (requests) =>
      jsonLines(
        requests.map(({ at, prompt, output, ttft_us, e2e_us, ending }, i) => ({
          request_id: `chatcmpl-${i}`,
          startTime: writeTimestamp(at),
          completionStartTime: writeTimestamp(at + ttft_us),
          endTime: writeTimestamp(at + e2e_us),
          model: 'openai/gpt-oss-20b',
          model_group: 'gpt-oss-20b',
          prompt_tokens: ending === 'failed' ? 0 : prompt,
          completion_tokens: ending === 'failed' ? 0 : output,
          status: ending === 'failed' ? 'failure' : 'success',
          cache_hit: 'False',
          spend: 0.001,
          messages: [{ role: 'user', content: PROMPT }],
          response: PROMPT,
        })),
      ),
  },
  {
    name: 'openrouter',
    resolution_us: 1,
    calendar: true,
    endings: ['served', 'failed', 'cancelled', 'refused'],
    says: 'endings',
    byLine: true,
    header: false,
    write: (requests) =>
      jsonLines(
        requests.map(({ at, prompt, output, e2e_us, ttft_us, ending }, i) => ({
          id: `gen-${i}`,
          created_at: writeTimestamp(at).replace('Z', '+00:00'),
          model: 'openai/gpt-oss-20b',
          provider_name: 'Ours',
          latency: e2e_us / 1_000,
          generation_time: (e2e_us - ttft_us) / 1_000,
          tokens_prompt: prompt + 3,
          tokens_completion: output + 3,
          native_tokens_prompt: prompt,
          native_tokens_completion: ending === 'failed' || ending === 'refused' ? 0 : output,
          streamed: true,
          cancelled: ending === 'cancelled',
          finish_reason: ending === 'served' ? 'stop' : null,
          provider_responses: [{ status: ending === 'failed' ? 502 : ending === 'refused' ? 429 : 200 }],
        })),
      ),
  },
  {
    name: 'otel',
    resolution_us: 1,
    calendar: true,
    endings: ['served', 'failed', 'cancelled'],
    says: 'endings',
    byLine: true,
    header: false,
    write: (requests) =>
      jsonLines(
        requests.map(({ at, prompt, output, e2e_us, ending }) => ({
          name: 'chat gpt-oss-20b',
          startTimeUnixNano: `${at}000`,
          endTimeUnixNano: `${at + e2e_us}000`,
          attributes: {
            'gen_ai.operation.name': 'chat',
            'gen_ai.request.model': 'gpt-oss-20b',
            'gen_ai.usage.input_tokens': prompt,
            'gen_ai.usage.output_tokens': output,
            'gen_ai.response.time_to_first_chunk': 0.25,
            'gen_ai.input.messages': PROMPT,
            ...(ending === 'failed' && { 'error.type': 'timeout' }),
            ...(ending === 'cancelled' && { 'error.type': 'cancelled' }),
          },
        })),
      ),
  },
  {
    name: 'vllm',
    resolution_us: 1,
    calendar: false,
    endings: ['served', 'failed'],
    says: 'endings',
    byLine: false,
    header: false,
    write: (requests) =>
      JSON.stringify(
        {
          date: '20260621-120000',
          model_id: 'gpt-oss-20b',
          completed: requests.length,
          request_throughput: 3,
          start_times: requests.map(({ at }) => s(at - NOON + 81_234_000_000)),
          input_lens: requests.map(({ prompt }) => prompt),
          output_lens: requests.map(({ output, ending }) => (ending === 'failed' ? 0 : output)),
          ttfts: requests.map(({ ttft_us }) => s(ttft_us)),
          itls: requests.map(({ output }) => Array.from({ length: output - 1 }, () => 0.02)),
          errors: requests.map(({ ending }) => (ending === 'failed' ? PROMPT : '')),
          generated_texts: requests.map(() => PROMPT),
        },
        null,
        2,
      ),
  },
  {
    name: 'guidellm',
    resolution_us: 1,
    calendar: true,
    endings: ['served', 'failed', 'cancelled'],
    says: 'endings',
    byLine: false,
    header: false,
    write: (requests) => {
      const list = (ending: Logged['ending']) =>
        requests
          .filter((request) => request.ending === ending)
          .map(({ at, prompt, output, e2e_us, ttft_us }) => ({
            request_args: PROMPT,
            prompt_tokens: prompt,
            output_tokens: output,
            request_latency: s(e2e_us),
            time_to_first_token_ms: ttft_us / 1_000,
            time_per_output_token_ms: 33,
            info: { timings: { request_start: s(at), request_end: s(at + e2e_us) } },
          }))
      return JSON.stringify({
        metadata: { version: 1 },
        benchmarks: [
          { requests: { successful: list('served'), errored: list('failed'), incomplete: list('cancelled') } },
        ],
      })
    },
  },
  {
    name: 'aiperf',
    resolution_us: 1,
    calendar: true,
    endings: ['served', 'failed', 'cancelled'],
    says: 'endings',
    byLine: true,
    header: false,
    write: (requests) =>
      // Nanoseconds are too long for a number of JSON in JavaScript, not for JSON.
      requests
        .map(({ at, prompt, output, ttft_us, e2e_us, ending }) =>
          JSON.stringify({
            metadata: { request_start_ns: '@', benchmark_phase: 'profiling', was_cancelled: ending === 'cancelled' },
            metrics: {
              time_to_first_token: { value: ttft_us / 1_000, unit: 'ms' },
              request_latency: { value: s(e2e_us), unit: 's' },
              input_sequence_length: { value: prompt, unit: 'tokens' },
              ...(ending !== 'failed' && { output_sequence_length: { value: output, unit: 'tokens' } }),
            },
            error: ending === 'failed' ? { code: 500, type: 'ServerError', message: PROMPT } : null,
          }).replace('"@"', `${at}123`),
        )
        .map((line) => `${line}\n`)
        .join(''),
  },
  {
    name: 'inference-perf',
    resolution_us: 1,
    calendar: false,
    endings: ['served', 'failed'],
    says: 'endings',
    byLine: false,
    header: false,
    write: (requests) =>
      JSON.stringify(
        requests.map(({ at, prompt, output, ttft_us, e2e_us, ending }) => {
          const start = at - NOON + 4_000_000_000
          return {
            scheduled_time: s(start),
            start_time: s(start + 30),
            end_time: s(start + 30 + e2e_us),
            request: PROMPT,
            response: PROMPT,
            info: {
              request_metrics: { text: { input_tokens: prompt } },
              response_metrics: { output_tokens: output, output_token_times: [s(start + 30 + ttft_us)] },
            },
            error: ending === 'failed' ? { error_type: 'x', error_msg: PROMPT } : null,
          }
        }),
      ),
  },
]
