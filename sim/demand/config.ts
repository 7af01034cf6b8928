/**
 * How a scenario says who asks and when: `demand:` and `upstream:`. One demand stream is either a process (arrivals,
 * mix, lengths) or a handful of spelled-out requests; one union, because a file may mix both and a reader should see
 * which is which at a glance.
 */
import { z } from 'zod'
import { readTimestamp } from '../base/calendar.ts'
import {
  byName,
  bytes,
  duration,
  durationWithin,
  label,
  name,
  rateWithin,
  share,
  wholeWithin,
  within,
} from '../base/config.ts'
import { parseDuration } from '../base/quantity.ts'

/** Shares written in per cent are sums of decimal fractions, so their total is off by a few units in the last place. */
const SHARE_TOLERANCE = 1e-9

/** Thinner than this, a replay looks at a thousand arrivals for each that it keeps. */
const LOAD_MIN = 0.001
/** Each unit of load is a copy of the trace to keep apart. */
const LOAD_MAX = 1_000
/** The longest context that any model is known to take. */
export const TOKENS_MAX = 10_000_000
/** Clients that want no limit send the largest number they know. */
export const MAX_TOKENS_MAX = 1_000_000_000
/** One in forty draws is then 3,000 times the median. */
const SIGMA_MAX = 4
const cv = () => within(0.01, 30)
const meanTokens = () => within(0.01, TOKENS_MAX)
const tokens = () => wholeWithin(1, TOKENS_MAX)

const traceArrivals = z
  .strictObject({
    trace: z.string().describe('Trace file (CSV: arrival_s,prompt_tokens,output_tokens), relative to this file.'),
    load: within(LOAD_MIN, LOAD_MAX)
      .default(1)
      .describe('Multiple of the recorded rate: above 1 superposes independently rotated copies, below 1 thins.'),
    stretch: z
      .boolean()
      .default(false)
      .describe('Reach `load` by stretching or squeezing time instead; this changes burstiness.'),
  })
  .describe('Replay of a recorded trace. Each seed starts at a random point of it; it wraps at its end.')

/** Once in eleven years; how many a run may have is for the scenario to say. */
const arrivalRate = () => rateWithin('0.00001/h', '1000000000/s')

const poissonArrivals = z
  .strictObject({ poisson: arrivalRate().describe('Mean rate; gaps are exponential.') })
  .describe('Independent arrivals at a constant rate.')

const gammaArrivals = z
  .strictObject({
    gamma: z.strictObject({
      rate: arrivalRate().describe('Mean rate.'),
      cv: cv().describe('Coefficient of variation of the gaps; 1 is Poisson, above 1 bursty.'),
    }),
  })
  .describe('Renewal process with Gamma gaps.')

export const arrivalsSchema = z.union([traceArrivals, poissonArrivals, gammaArrivals])

/** A point of an inverse distribution function: [probability, tokens]. */
const quantilePoint = z.tuple([within(0, 1), within(0, TOKENS_MAX)])

const quantilesSchema = z
  .array(quantilePoint)
  .min(2)
  .superRefine((points, context) => {
    if (points[0]?.[0] !== 0 || points[points.length - 1]?.[0] !== 1) {
      context.addIssue({
        code: 'custom',
        message: 'must start at probability 0 and end at 1, such as [[0, 1], [0.5, 100], [1, 900]]',
      })
    }
    for (let i = 1; i < points.length; i++) {
      if (points[i]![0] <= points[i - 1]![0] || points[i]![1] < points[i - 1]![1]) {
        context.addIssue({ code: 'custom', path: [i], message: 'must lie above the point before it' })
      }
    }
  })

/** Token counts are whole and at least 1: a draw is rounded to the nearest such number. */
export const lengthDistributionSchema = z
  .union([
    tokens().describe('Always this many tokens.'),
    z.strictObject({ constant: tokens() }),
    z.strictObject({
      lognormal: z.strictObject({ median: meanTokens(), sigma: within(0, SIGMA_MAX).describe('Of the logarithm.') }),
    }),
    z.strictObject({ exponential: z.strictObject({ mean: meanTokens() }) }),
    z.strictObject({ gamma: z.strictObject({ mean: meanTokens(), cv: cv() }) }),
    z.strictObject({
      uniform: z
        .strictObject({ min: tokens(), max: tokens() })
        .refine(({ min, max }) => max >= min, { path: ['max'], error: 'must be at least `min`' }),
    }),
    z.strictObject({
      quantiles: quantilesSchema.describe(
        'Grid of [probability, tokens]; straight lines in between, the last cell (the tail) in log space.',
      ),
    }),
  ])
  .describe('A distribution of token counts.')

const lengthsSchema = z.union([
  z.strictObject({
    from: z.literal('trace', { error: 'must be `trace`' }),
    file: z.string().optional().describe('A trace file other than the one the arrivals come from.'),
  }),
  z.strictObject({ prompt: lengthDistributionSchema, output: lengthDistributionSchema }),
])

const maxTokensSchema = z
  .union([
    wholeWithin(1, MAX_TOKENS_MAX),
    z.strictObject({
      times_output: within(0.001, 100).describe(
        'A multiple of the true output length, rounded up. Real clients do not know it: this tells the coordinator more than it could know.',
      ),
    }),
  ])
  .describe("What clients send as max_tokens. Absent: nothing, and the coordinator injects the model's own limit.")

const patienceFields = {
  enabled: z.boolean().describe('Whether clients ever give up.'),
  base: durationWithin('0', '24h').describe('Time without a first token before the client closes the connection …'),
  per_token: durationWithin('0', '1s').describe('… and this much more for each prompt token.'),
}
const patienceOverrideSchema = z.strictObject(patienceFields).partial()

const mixSchema = byName(share())
  .refine((mix) => Object.keys(mix).length > 0, { error: 'must name at least one model' })
  .refine((mix) => Math.abs(sumOf(Object.values(mix)) - 1) < SHARE_TOLERANCE || Object.keys(mix).length === 0, {
    error: (issue) =>
      `must sum to 100%, and sums to ${Number((100 * sumOf(Object.values(issue.input as { [model: string]: number }))).toFixed(6))}%`,
  })

function sumOf(values: readonly number[]): number {
  let sum = 0
  for (const value of values) sum += value
  return sum
}

/** Whose requests these are and through which door they come. */
const termFields = {
  account: label().default('').describe('Account that asks; its own Macs are those of the fleet with that account.'),
  route: z
    .enum(['public', 'prefer_owner', 'self'])
    .default('public')
    .describe('`self`: only the own Macs of the account; `prefer_owner`: those first.'),
  endpoint: z
    .enum(['chat', 'completions'])
    .default('chat')
    .describe('`completions` makes one dispatch: no backup, no failover.'),
}

const processSchema = z
  .strictObject({
    name: name().optional().describe('Names its random streams; by default its place in the list.'),
    arrivals: arrivalsSchema,
    from: duration().prefault(0).describe('When the stream begins; what would have arrived before never does.'),
    until: duration().optional().describe('When it ends. Absent: with the run.'),
    mix: mixSchema.describe("Each model's share of the requests; aliases or builds. Sums to 100%."),
    lengths: lengthsSchema,
    max_tokens: maxTokensSchema.optional(),
    traits: z
      .strictObject({
        tools: share().default(0).describe('Share of requests with tools.'),
        vision: share().default(0).describe('Share of requests with an image.'),
        stream: share().default(1).describe('Share of requests that stream.'),
        malformed: share().default(0).describe('Share of requests whose body breaks the rules of the API.'),
      })
      .prefault({}),
    ...termFields,
    cache_keys: wholeWithin(1, 1_000_000_000)
      .optional()
      .describe('Requests carry one of this many conversation keys, drawn evenly; absent: none.'),
    patience: patienceOverrideSchema.optional().describe("Differs from the upstream's for this stream only."),
    estimate_error: within(0, SIGMA_MAX)
      .default(0)
      .describe(
        "Sigma of the logarithm of the coordinator's prompt estimate (it counts characters / 4) over the true length; 0 = exact.",
      ),
  })
  .refine((stream) => stream.until === undefined || stream.until > stream.from, {
    path: ['until'],
    error: 'must be later than `from`',
  })
  .refine((stream) => !('from' in stream.lengths) || stream.lengths.file !== undefined || 'trace' in stream.arrivals, {
    path: ['lengths', 'from'],
    error: 'needs arrivals from a trace, or a `file` of its own',
  })

export const spelledRequestSchema = z.strictObject({
  at: duration().describe('When it arrives.'),
  model: name().describe('Alias or build.'),
  prompt: tokens().describe('True prompt tokens.'),
  estimated_prompt: tokens().optional().describe("The coordinator's estimate; by default the truth."),
  output: tokens().describe('Tokens the model generates before it stops by itself.'),
  max_tokens: wholeWithin(1, MAX_TOKENS_MAX).optional().describe('As sent by the client; absent: nothing.'),
  serial: z
    .union([
      name(),
      z
        .array(name())
        .min(1)
        .refine((serials) => new Set(serials).size === serials.length, { error: 'must not name a Mac twice' }),
    ])
    .optional()
    .describe('Only this machine, or these, may serve it.'),
  ...termFields,
  cache_key: label().default('').describe('Conversation key: draws it to the Mac that served the key last.'),
  body: bytes().prefault(0).describe('Size of the body; 0: as small as its text.'),
  malformed: z.boolean().default(false).describe('The body breaks the rules of the API.'),
  tools: z.boolean().default(false),
  vision: z.boolean().default(false),
  stream: z.boolean().default(true),
})

const requestsSchema = z.strictObject({
  name: name().optional(),
  requests: z.array(spelledRequestSchema).min(1).describe('In any order; equal times keep the order of the file.'),
  patience: patienceOverrideSchema.optional(),
})

/** When the run begins, on the clock of a recording: a date, or so long after its start. */
const timeZero = z.string().transform((text, context): number => {
  const date = readTimestamp(text)
  if (date?.ahead !== undefined) return date.local - date.ahead
  const after = parseDuration(text)
  if (after !== undefined) return after
  context.addIssue({
    code: 'custom',
    message: 'must be a date with its zone such as 2026-06-21T00:00:00Z, or a duration such as 90s',
  })
  return z.NEVER
})

const recordedSchema = z
  .strictObject({
    name: name().optional(),
    recorded: z
      .strictObject({
        trace: z.string().describe('Requests as `fleetlab import` writes them (CSV), relative to this file.'),
        time_zero: timeZero
          .prefault('0s')
          .describe('When the run begins on the clock of the trace: a date with its zone, or a duration.'),
        model: name().optional().describe('What rows ask for that name no model.'),
      })
      .describe('Exactly the requests of a recorded day: nothing is drawn, rotated or moved, whatever the seed.'),
    patience: patienceOverrideSchema.optional(),
  })
  // The loader puts them here.
  .transform((stream): RequestsStream => ({ ...stream, requests: [] }))

/** One entry of `demand:`. */
export const demandStreamSchema: z.ZodType<ProcessStream | RequestsStream> = z.union([
  processSchema,
  requestsSchema,
  recordedSchema,
])

/**
 * Defaults are the preset `openrouter`. Patience: the public repository's own measurement, about 10 s + 1 ms per
 * token without bytes (facts coordinator-control.md §9.3). A 429 sends the request to the next provider, which is
 * assumed to serve it.
 */
const upstreamSettingsSchema = z.strictObject({
  patience: z
    .strictObject({
      enabled: patienceFields.enabled.default(true),
      base: patienceFields.base.prefault('10s'),
      per_token: patienceFields.per_token.prefault('1ms'),
    })
    .prefault({})
    .describe('A client that sees no token in time closes the connection; the router counts it as our failure.'),
  retry_elsewhere_on_429: z
    .boolean()
    .default(true)
    .describe('Whether the router offers a request we answered 429 to another provider.'),
  failover_success: share().prefault('100%').describe('Share of those that the other provider serves.'),
})

export const upstreamSchema = z
  .union([z.literal('openrouter').transform(() => upstreamSettingsSchema.parse({})), upstreamSettingsSchema], {
    error: (issue) => (isMap(issue.input) ? undefined : 'must be the preset `openrouter` or a map'),
  })
  .describe('The router that sends us requests: `openrouter`, or its settings.')

const isMap = (input: unknown): boolean => typeof input === 'object' && input !== null && !Array.isArray(input)

export type DemandStream = ProcessStream | RequestsStream
export type ProcessStream = z.output<typeof processSchema>
export type RequestsStream = z.output<typeof requestsSchema> & {
  readonly recorded?: { readonly trace: string; readonly time_zero: number; readonly model?: string | undefined }
}
export type SpelledRequest = z.output<typeof spelledRequestSchema>
export type Arrivals = z.output<typeof arrivalsSchema>
export type Lengths = z.output<typeof lengthsSchema>
export type LengthDistribution = z.output<typeof lengthDistributionSchema>
export type MaxTokens = z.output<typeof maxTokensSchema>
export type Upstream = z.output<typeof upstreamSchema>
export type Patience = Upstream['patience']
