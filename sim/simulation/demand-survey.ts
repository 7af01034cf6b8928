/**
 * A scenario's demand without its fleet: every request that would be sent, from the same draws as in a run. Streams that wait for
 * answers get one after a time that whoever asks must name; how they really come depends on who answers them.
 */
import { assert } from '../base/assert.ts'
import { ok, type Result } from '../base/result.ts'
import type { Micros } from '../base/time.ts'
import type { DemandStream } from '../demand/config.ts'
import { resolutionOf } from '../demand/recorded/resolution.ts'
import { Recordings } from '../demand/recorded/recordings.ts'
import type { DraftRequest, RequestSource } from '../demand/request-source.ts'
import { requestSource } from '../demand/stream.ts'
import { parseTraceFile, type TraceFile } from '../demand/recorded/trace-file.ts'
import { Turns } from '../demand/users/turns.ts'
import { RandomStreams } from '../kernel/random.ts'
import {
  type AskedFor,
  type DemandFigures,
  demandFigures,
  type DemandSample,
} from '../metrics/figures/demand-figures.ts'
import type { LoadedScenario } from '../scenario/index.ts'

export interface SurveyOptions {
  readonly loaded: LoadedScenario
  readonly seed: number
  /** From a request to its end, in streams that wait. */
  readonly answer: Micros
}

export interface DemandSurvey {
  /** The streams in the order of the file, and all of them together when there are several. */
  readonly columns: readonly DemandFigures[]
  /** Whether some stream waits for answers. */
  readonly waits: boolean
}

type Sampled = DemandSample & { readonly asked: AskedFor }

/** Its name, or its place. */
export const streamName = (stream: DemandStream, place: number): string => stream.name ?? `demand[${place}]`

const waitsForAnswers = (stream: DemandStream): boolean =>
  !('requests' in stream) && ('users' in stream.arrivals || 'sessions' in stream.arrivals)

export function surveyDemand({ loaded, seed, answer }: SurveyOptions): DemandSurvey {
  const { demand, duration, upstream } = loaded.scenario
  const context = { upstream, duration, recordings: new Recordings(loaded.traces), random: new RandomStreams(seed) }
  const sources = demand.map((stream, place) => requestSource(stream, place, context))
  const samples = demand.map((stream, place) => {
    const { from = 0, until = duration } = 'requests' in stream ? {} : stream
    return emptySample(streamName(stream, place), from, Math.min(until, duration))
  })
  const all = emptySample('all', 0, duration)
  const answers = new Answers(sources, answer)
  for (;;) {
    const place = earliest(sources)
    const at = Math.min(sources[place]!.nextAt, answers.nextAt)
    if (at >= duration) break
    if (answers.nextAt <= sources[place]!.nextAt) {
      answers.give()
      continue
    }
    const draft = sources[place]!.take()
    note(samples[place]!, draft, at)
    if (samples.length > 1) note(all, draft, at)
    answers.expect(place, draft.member, at)
  }
  const columns = samples.length > 1 ? [...samples, all] : samples
  return { columns: columns.map(demandFigures), waits: demand.some(waitsForAnswers) }
}

export interface SurveyedTrace {
  readonly figures: DemandFigures
  /** To what its clock is exact, microseconds. */
  readonly resolution: number
}

/** A recording as it stands in its file. */
export const surveyTrace = (name: string, trace: TraceFile): SurveyedTrace => {
  const { arrivals, promptTokens, outputTokens, labels, labelOf } = trace
  const sample: DemandSample = {
    name,
    from: 0,
    until: arrivals[arrivals.length - 1]!,
    at: [...arrivals],
    promptTokens: [...promptTokens],
    outputTokens: [...outputTokens],
    asked: undefined,
    model: labels === undefined ? [] : Array.from(labelOf, (label) => labels[label]!),
  }
  return { figures: demandFigures(sample), resolution: resolutionOf(trace) }
}

/** `text` of a trace file. */
export function surveyTraceText(path: string, name: string, text: string): Result<SurveyedTrace> {
  const parsed = parseTraceFile(path, text)
  return parsed.ok ? ok(surveyTrace(name, parsed.value)) : parsed
}

function emptySample(name: string, from: number, until: number): Sampled {
  return {
    name,
    from,
    until,
    at: [],
    promptTokens: [],
    outputTokens: [],
    model: [],
    asked: { estimatedTokens: [], maxTokens: [], tools: [], vision: [], stream: [], account: [], cacheKey: [] },
  }
}

function note(sample: Sampled, draft: DraftRequest, at: number): void {
  const { asked } = sample
  sample.at.push(at)
  sample.promptTokens.push(draft.promptTokens)
  sample.outputTokens.push(draft.outputTokens)
  sample.model.push(draft.model)
  asked.estimatedTokens.push(draft.estimatedPromptTokens)
  asked.maxTokens.push(draft.maxTokens ?? 0)
  asked.tools.push(draft.tools)
  asked.vision.push(draft.vision)
  asked.stream.push(draft.stream)
  asked.account.push(draft.terms.account)
  asked.cacheKey.push(draft.terms.cacheKey)
}

/** Of two at the same instant the earlier in the file. */
function earliest(sources: readonly RequestSource[]): number {
  let place = 0
  for (const [i, source] of sources.entries()) if (source.nextAt < sources[place]!.nextAt) place = i
  return place
}

/** Whom an answer is owed, and when. */
class Answers {
  private readonly turns = new Turns()
  private readonly owed: { readonly place: number; readonly member: number }[] = []

  constructor(
    private readonly sources: readonly RequestSource[],
    private readonly answer: number,
  ) {}

  get nextAt(): number {
    return this.turns.nextAt
  }

  expect(place: number, member: number, at: number): void {
    if (this.sources[place]!.ended === undefined) return
    this.turns.add(at + this.answer, this.owed.length)
    this.owed.push({ place, member })
  }

  give(): void {
    const at = this.turns.nextAt
    const { place, member } = this.owed[this.turns.remove()]!
    const source = this.sources[place]!
    assert(source.ended !== undefined, 'survey: nobody waits for that answer')
    source.ended(member, at)
  }
}
