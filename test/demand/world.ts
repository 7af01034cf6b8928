/** A run of demand alone against a scripted "us", for tests. */
import type { RequestId } from '../../sim/base/ids.ts'
import type { Micros } from '../../sim/base/time.ts'
import { Kernel } from '../../sim/kernel/kernel.ts'
import { RandomStreams } from '../../sim/kernel/random.ts'
import type { Answer, ClientMessage } from '../../sim/protocol/index.ts'
import { openBody, type RequestTruth } from '../../sim/protocol/sealed.ts'
import type { TraceRow } from '../../sim/trace/row.ts'
import { demandStreamSchema, type DemandStream, upstreamSchema } from '../../sim/demand/config.ts'
import { DemandDriver } from '../../sim/demand/demand.ts'
import { parseTraceFile, type TraceFile } from '../../sim/demand/recorded/trace-file.ts'

export const SECOND = 1_000_000

/** A trace of rows [seconds, prompt, output], with a model in all rows or in none. */
export function aTrace(
  rows: readonly (readonly [at: number | string, prompt: number, output: number, model?: string])[],
): TraceFile {
  const model = rows[0]?.[3] === undefined ? '' : ',model'
  const parsed = parseTraceFile(
    't.csv',
    `arrival_s,prompt_tokens,output_tokens${model}\n${rows.map((row) => row.join(',')).join('\n')}\n`,
  )
  if (!parsed.ok) throw new Error(parsed.error[0]?.message)
  return parsed.value
}

export const aStream = (input: unknown): DemandStream => demandStreamSchema.parse(input)

export type Script = (
  message: Extract<ClientMessage, { kind: 'request' }>,
  answer: (at: number, answer: Answer) => void,
) => void

export interface RunOptions {
  readonly streams: readonly unknown[]
  readonly upstream?: unknown
  readonly seconds?: number
  readonly seed?: number
  readonly trace?: TraceFile
  /** What we do with a request; by default it is served at once. */
  readonly script?: Script
}

export function runDemand(options: RunOptions) {
  const kernel = new Kernel()
  const rows: TraceRow[] = []
  const cancelled: RequestId[] = []
  const truths: RequestTruth[] = []
  const script: Script = options.script ?? ((message, answer) => answer(0, served(message.request.id)))
  let next = 0
  const pending: Answer[] = []
  const demand: DemandDriver = new DemandDriver({
    streams: options.streams.map(aStream),
    upstream: upstreamSchema.parse(options.upstream ?? 'openrouter'),
    duration: ((options.seconds ?? 60) * SECOND) as Micros,
    scheduler: kernel,
    random: new RandomStreams(options.seed ?? 1),
    trace: { emit: (row) => void rows.push(row) },
    traces: new Map(options.trace === undefined ? [] : [['t.csv', options.trace]]),
    send(message) {
      if (message.kind === 'cancel') {
        cancelled.push(message.request)
        return
      }
      truths.push(openBody(message.body))
      script(message, (after, answer) => {
        if (after === 0) {
          demand.receive(answer)
          return
        }
        pending[next] = answer
        kernel.schedule((kernel.now + after) as Micros, 1, (index) => demand.receive(pending[index]!), next++)
      })
    },
  })
  demand.start()
  kernel.runUntil(Infinity as Micros)
  const of = <K extends TraceRow['kind']>(kind: K) =>
    rows.filter((row): row is Extract<TraceRow, { kind: K }> => row.kind === kind)
  return { rows, of, cancelled, truths, demand, kernel }
}

export const served = (request: RequestId): Answer => ({ kind: 'completed', request, attempt: 0, completionTokens: 1 })
export const firstToken = (request: RequestId, attempt = 0): Answer => ({ kind: 'first_token', request, attempt })
export const rejected = (request: RequestId, status = 429): Answer => ({
  kind: 'rejected',
  request,
  status,
  reason: 'machine_busy',
  retryAfter_s: 2,
})
