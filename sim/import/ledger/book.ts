/**
 * The ledger's rows put together again, request by request: attempts of one request, its refusal, and what the rows say of
 * the Macs. A request arrives with its first attempt, or with its refusal where nothing was tried.
 */
import type { DayEnding } from '../../metrics/figures/day.ts'
import type { LeftOutReason } from '../reading/left-out.ts'
import type { Ending, ImportedRequest } from '../reading/request.ts'
import { BAD_COUNT, countAt, type LogRow, spanAt, textAt, truthAt } from '../reading/row.ts'
import type { Clock } from '../reading/clock.ts'
import { Macs } from './macs.ts'

interface Entry {
  at: number
  /** Of its first row. */
  readonly line: number
  model: string | null
  build: string | null
  estimated: number | null
  maxTokens: number | null
  tools: boolean | null
  vision: boolean | null
  stream: boolean | null
  session: string | null
  promptTokens: number | null
  outputTokens: number | null
  ending: Ending
  /** Of a refusal. */
  reason: string
  ttft_us: number | null
  duration_us: number | null
  decode_tps: number | null
  tier: string | null
  /** Whether its own row in request_rejections was read. */
  rejected: boolean
}

const newEntry = (at: number, line: number): Entry => ({
  at,
  line,
  model: null,
  build: null,
  estimated: null,
  maxTokens: null,
  tools: null,
  vision: null,
  stream: null,
  session: null,
  promptTokens: null,
  outputTokens: null,
  ending: 'failed',
  reason: '',
  ttft_us: null,
  duration_us: null,
  decode_tps: null,
  tier: null,
  rejected: false,
})

/** Of the answers that were served. */
const TOLD_MIN = 0.9
/** No smaller answer tells whether it came at once or bit by bit. */
const STREAM_TOLD_BY_TOKENS = 2

export class LedgerBook {
  readonly macs = new Macs()
  /** Builds that each public name was resolved to, in order of first use. */
  readonly builds = new Map<string, Map<string, number>>()
  routes = 0
  rejections = 0
  samples = 0
  firstSampleAt = Infinity
  private readonly entries = new Map<string, Entry>()

  /** A row of inference_routes. */
  route(row: LogRow, clock: Clock): LeftOutReason | undefined {
    const at = clock.at(row.cell('created_at'))
    if (typeof at === 'string') return at
    const id = textAt(row, 'request_id')
    if (id === null || id === undefined) return 'no_request'
    const prompt = countAt(row, 'prompt_tokens')
    const output = countAt(row, 'completion_tokens')
    const common = this.commonOf(row)
    if (common === undefined || isBad(prompt) || isBad(output)) return 'bad_count'
    this.routes += 1
    const entry = this.entryOf(id, at, common, row.line)
    entry.model = textAt(row, 'public_model') ?? entry.model
    const build = textAt(row, 'model') ?? null
    this.macs.route(row)
    if (entry.ending === 'served') return undefined
    this.resolved(entry.model, build)
    entry.build = build ?? entry.build
    const ending = routeEnding(row)
    if (ending === 'served') {
      entry.promptTokens = prompt ?? null
      entry.outputTokens = output ?? null
      entry.ttft_us = spanAt(row, 'ms', 'actual_ttft_ms') ?? null
      entry.duration_us = spanAt(row, 'ms', 'total_duration_ms') ?? null
      entry.decode_tps = numberAt(row, 'actual_decode_tps')
      entry.tier = tierOf(textAt(row, 'hardware_chip')) ?? textAt(row, 'hardware_tier') ?? null
      entry.stream = streamOf(entry)
    } else if (prompt !== null && prompt !== undefined && prompt > 0) {
      entry.promptTokens = prompt
      entry.outputTokens = output ?? null
    }
    if (!entry.rejected) {
      entry.ending = ending
      if (ending === 'refused') entry.reason = textAt(row, 'error_reason') ?? textAt(row, 'outcome') ?? 'refused'
    }
    return undefined
  }

  /** A row of request_rejections. */
  rejection(row: LogRow, clock: Clock): LeftOutReason | undefined {
    const at = clock.at(row.cell('created_at'))
    if (typeof at === 'string') return at
    const id = textAt(row, 'request_id')
    if (id === null || id === undefined) return 'no_request'
    const common = this.commonOf(row)
    if (common === undefined) return 'bad_count'
    this.rejections += 1
    const entry = this.entryOf(id, at, common, row.line)
    entry.model = entry.model ?? textAt(row, 'requested_model') ?? null
    entry.vision = entry.vision === true || truthAt(row, 'has_image') === true ? true : entry.vision
    entry.stream = truthAt(row, 'stream') ?? entry.stream
    this.resolved(entry.model, textAt(row, 'resolved_model') ?? null)
    entry.rejected = true
    entry.ending = 'refused'
    entry.reason = textAt(row, 'reason_code') ?? 'refused'
    return undefined
  }

  /** A row of provider_capacity_samples. */
  sample(row: LogRow, clock: Clock): LeftOutReason | undefined {
    const at = clock.at(row.cell('created_at'))
    if (typeof at === 'string') return at
    this.samples += 1
    this.firstSampleAt = Math.min(this.firstSampleAt, at)
    this.macs.sample(row, at)
    return undefined
  }

  /**
   * Takes out the requests for names that the coordinator resolved to nothing and that `isModel` does not know either: nobody
   * can replay them, and no Mac ever heard of them. Lines of their rows.
   */
  dropUnresolved(isModel: (name: string) => boolean): readonly number[] {
    const lines: number[] = []
    for (const [id, { model, build, ending, line }] of this.entries) {
      if (ending !== 'refused' || model === null || build !== null || this.builds.has(model) || isModel(model)) continue
      this.entries.delete(id)
      lines.push(line)
    }
    return lines
  }

  *requests(): Generator<ImportedRequest> {
    const isGone = this.clientGone()
    for (const entry of this.entries.values()) {
      yield {
        at: entry.at,
        model: entry.model,
        promptTokens: entry.promptTokens,
        outputTokens: entry.outputTokens,
        estimatedPromptTokens: entry.estimated,
        maxTokens: entry.maxTokens,
        tools: entry.tools,
        vision: entry.vision,
        stream: entry.stream,
        session: entry.session,
        ttft_us: entry.ttft_us,
        duration_us: entry.duration_us,
        ending: isGone(entry) ? 'cancelled' : entry.ending,
      }
    }
  }

  *endings(): Generator<DayEnding> {
    const isGone = this.clientGone()
    for (const entry of this.entries.values()) {
      yield {
        at: entry.at,
        outcome: isGone(entry) ? 'cancelled' : entry.ending === 'refused' ? entry.reason : entry.ending,
        tier: entry.tier ?? undefined,
        ttft_ms: entry.ttft_us === null ? undefined : entry.ttft_us / 1_000,
        decode_tps: entry.decode_tps ?? undefined,
      }
    }
  }

  /**
   * An answer that was complete, and of which no token reached anybody: the client had closed the connection while the last of
   * it was under way. Only where the ledger tells first tokens at all.
   */
  private clientGone(): (entry: Entry) => boolean {
    const served = [...this.entries.values()].filter(({ ending }) => ending === 'served')
    const told = served.filter(({ ttft_us }) => ttft_us !== null).length
    const tells = told >= TOLD_MIN * served.length
    return ({ ending, ttft_us }) => tells && ending === 'served' && ttft_us === null
  }

  private entryOf(id: string, at: number, common: Common, line: number): Entry {
    let entry = this.entries.get(id)
    if (entry === undefined) {
      entry = newEntry(at, line)
      this.entries.set(id, entry)
    }
    entry.at = Math.min(entry.at, at)
    entry.estimated = common.estimated ?? entry.estimated
    entry.maxTokens = common.maxTokens ?? entry.maxTokens
    entry.tools = common.tools ?? entry.tools
    entry.vision = common.vision ?? entry.vision
    entry.session = common.session ?? entry.session
    return entry
  }

  private commonOf(row: LogRow): Common | undefined {
    const estimated = countAt(row, 'estimated_prompt_tokens') ?? null
    const maxTokens = countAt(row, 'requested_max_tokens') ?? null
    if (isBad(estimated) || isBad(maxTokens)) return undefined
    return {
      estimated,
      // 0 stands for none: a client that wants nothing does not ask.
      maxTokens: maxTokens === 0 ? null : maxTokens,
      tools: truthAt(row, 'has_tools') ?? null,
      vision: truthAt(row, 'requires_vision') ?? null,
      session: textAt(row, 'cache_affinity_key') ?? null,
    }
  }

  private resolved(model: string | null, build: string | null): void {
    if (model === null || build === null) return
    const known = this.builds.get(model) ?? new Map<string, number>()
    known.set(build, (known.get(build) ?? 0) + 1)
    this.builds.set(model, known)
  }
}

interface Common {
  readonly estimated: number | null
  readonly maxTokens: number | null
  readonly tools: boolean | null
  readonly vision: boolean | null
  readonly session: string | null
}

const isBad = (value: number | null | undefined): boolean => Object.is(value, BAD_COUNT)

function routeEnding(row: LogRow): Ending {
  switch (textAt(row, 'final_status')) {
    case 'success':
      return 'served'
    case 'cancelled':
      return 'cancelled'
    default: {
      const outcome = textAt(row, 'outcome')
      return outcome === 'no_provider' || outcome === 'model_too_large' || outcome === 'ttft_429' ? 'refused' : 'failed'
    }
  }
}

/** Text that came bit by bit ends after it began. */
function streamOf({ stream, ttft_us, duration_us, outputTokens }: Entry): boolean | null {
  if (stream !== null || ttft_us === null || duration_us === null) return stream
  if (outputTokens === null || outputTokens < STREAM_TOLD_BY_TOKENS) return null
  return ttft_us < duration_us
}

/** As a simulated Mac's: the chip says it in every spelling, `Apple M4 Max` and `M4 Max 40c`. */
const tierOf = (chip: string | null | undefined): string | undefined =>
  chip === null || chip === undefined ? undefined : (/\b(?:Pro|Max|Ultra)\b/.exec(chip)?.[0] ?? 'Base')

function numberAt(row: LogRow, name: string): number | null {
  const text = textAt(row, name)
  const value = text === null || text === undefined ? Number.NaN : Number(text)
  return Number.isFinite(value) && value >= 0 ? value : null
}
