/** What a scenario takes from a recorded day: its requests, in place of ones that are spelled out, and its figures. */
import { z } from 'zod'
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import { parseRecordedRequests, type RecordedRequest } from '../../demand/recorded/recorded-requests.ts'
import type { DemandStream } from '../../demand/config.ts'
import type { Day } from '../../metrics/figures/day.ts'
import type { Complaint } from '../reading/complaint.ts'
import type { Path } from '../reading/path.ts'
import type { ScenarioDocument } from './schema.ts'
import { suggestion } from '../reading/suggestion.ts'

/** By file and the model of rows that name none. */
export type Recorded = ReadonlyMap<string, readonly RecordedRequest[]>

type RecordedStream = Extract<DemandStream, { requests: unknown }>

export const keyOf = ({ trace, model }: { readonly trace: string; readonly model?: string | undefined }): string =>
  `${trace}\n${model ?? ''}`

/** The streams that a file holds the requests of, and where they stand. */
export function recordedStreams(demand: readonly DemandStream[]) {
  return demand.flatMap((stream, i) => {
    const recorded = 'recorded' in stream ? stream.recorded : undefined
    return recorded === undefined ? [] : [{ ...recorded, path: ['demand', i, 'recorded', 'trace'] as Path }]
  })
}

export function readRecorded(
  { trace, model }: { readonly trace: string; readonly model?: string | undefined },
  text: string,
): Result<readonly RecordedRequest[]> {
  return parseRecordedRequests(trace, text, model)
}

/** The document with every recorded request in its place; what is wrong with them belongs to the stream that names the file. */
export function withRecorded(
  document: ScenarioDocument,
  recorded: Recorded,
  known: readonly string[],
): Result<ScenarioDocument, readonly Complaint[]> {
  const complaints: Complaint[] = []
  const demand = document.demand.map((stream, i): DemandStream => {
    if (!('recorded' in stream) || stream.recorded === undefined) return stream
    const requests = recorded.get(keyOf(stream.recorded)) ?? []
    complaints.push(...complaintsOf(stream, requests, ['demand', i, 'recorded'], known))
    const { time_zero } = stream.recorded
    return {
      ...stream,
      requests: requests.map((request) => Object.assign({}, request, { at: request.at - time_zero })),
    }
  })
  return complaints.length > 0 ? fail(complaints) : ok({ ...document, demand })
}

function complaintsOf(
  { recorded }: RecordedStream,
  requests: readonly RecordedRequest[],
  path: Path,
  known: readonly string[],
): readonly Complaint[] {
  const complaints: Complaint[] = []
  const early = requests.filter(({ at }) => at < recorded!.time_zero).length
  if (early > 0)
    complaints.push({
      path: [...path, 'time_zero'],
      message: `is later than ${early} of the ${requests.length} requests of the trace`,
    })
  for (const model of new Set(requests.map((request) => request.model))) {
    if (known.includes(model)) continue
    const text = `names \`${model}\`, which is no alias and no model; ${suggestion(model, known, 'known names')}`
    complaints.push({ path: [...path, 'trace'], message: text })
  }
  return complaints
}

const bins = z.array(z.tuple([z.int().min(0), z.int().min(1)]))
const daySchema = z.strictObject({
  format: z.literal('fleetlab.day/1'),
  origin_us: z.number(),
  calendar: z.boolean(),
  outcomes: z.array(z.strictObject({ hour: z.int(), outcome: z.string(), requests: z.int().min(0) })),
  measures: z.array(
    z.strictObject({ hour: z.int(), tier: z.string(), measure: z.enum(['ttft_ms', 'decode_tps']), bins }),
  ),
})

export function readDay(file: string, text: string): Result<Day> {
  const problem = (message: string): { readonly ok: false; readonly error: readonly Problem[] } =>
    fail([{ file, message }])
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return problem('is no JSON document; `fleetlab import` writes it')
  }
  const day = daySchema.safeParse(value)
  if (day.success) return ok(day.data)
  const [issue] = day.error.issues
  return problem(`is no recorded day: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`)
}
