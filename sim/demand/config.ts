/**
 * How a scenario says who asks and when: `demand:` and `upstream:`. One demand stream is either a process (arrivals,
 * mix, lengths) or a handful of spelled-out requests; one union, because a file may mix both and a reader should see
 * which is which at a glance.
 */
import { z } from 'zod'
import { readTimestamp } from '../base/calendar.ts'
import { byName, bytes, duration, durationWithin, label, name, share, wholeWithin, within } from '../base/config.ts'
import { parseDuration } from '../base/quantity.ts'
import { arrivalsSchema } from './arrivals/config.ts'
import {
  addsUp,
  lengthDistributionSchema,
  lengthMaps,
  ratioDistributionSchema,
  SIGMA_MAX,
  sumComplaint,
  sumOf,
  TOKENS_MAX,
} from './content/config.ts'

export { arrivalsSchema, lengthDistributionSchema, TOKENS_MAX }
export type { Arrivals, OpenArrivals, TraceArrivals } from './arrivals/config.ts'

/** Clients that want no limit send the largest number they know. */
export const MAX_TOKENS_MAX = 1_000_000_000
const tokens = () => wholeWithin(1, TOKENS_MAX)

const lengthsSchema = z.union([
  z.strictObject({
    from: z.literal('trace', { error: 'must be `trace`' }),
    file: z.string().optional().describe('A trace file other than the one the arrivals come from.'),
    rows: z
      .enum(['redrawn', 'own'])
      .optional()
      .describe(
        '`redrawn` (the default): blocks of consecutive rows from points drawn by seed. `own`: each arrival keeps the lengths of its own row, as with `mix: from trace`.',
      ),
  }),
  z.strictObject({ prompt: lengthDistributionSchema, output: lengthDistributionSchema }),
])

const limit = () => wholeWithin(1, MAX_TOKENS_MAX)
const timesOutput = z.strictObject({
  times_output: within(0.001, 100).describe(
    'A multiple of the true output length, rounded up. Real clients do not know it: this tells the coordinator more than it could know.',
  ),
})

const maxTokensSchema = z
  .union([
    limit(),
    timesOutput,
    z
      .strictObject({
        none: share().describe('Share of the requests that send none.'),
        sent: z
          .union([limit(), timesOutput, ...lengthMaps])
          .optional()
          .describe('What the others send. Not needed when `none` is 100%.'),
      })
      .refine(({ none, sent }) => sent !== undefined || none === 1, {
        path: ['sent'],
        error: 'is missing; it must say what those send that send one',
      }),
    ...lengthMaps,
  ])
  .describe("What clients send as max_tokens. Absent: nothing, and the coordinator injects the model's own limit.")

const patienceFields = {
  enabled: z.boolean().describe('Whether clients ever give up.'),
  base: durationWithin('0', '24h').describe('Time without a first token before the client closes the connection …'),
  per_token: durationWithin('0', '1s').describe('… and this much more for each prompt token.'),
}
const patienceOverrideSchema = z.strictObject(patienceFields).partial()

const mixSharesSchema = byName(share())
  .refine((mix) => Object.keys(mix).length > 0, { error: 'must name at least one model' })
  .refine((mix) => addsUp(Object.values(mix)) || Object.keys(mix).length === 0, {
    error: (issue) => sumComplaint(Object.values(issue.input as { [model: string]: number })),
  })

const mixOfTraceSchema = z.strictObject({
  from: z.literal('trace', { error: 'must be `trace`' }),
  as: byName(name())
    .optional()
    .describe('Which model of ours stands for a label of the recording. Absent: its own name.'),
  others: name().optional().describe('What stands for the labels that `as` does not name. Absent: their own names.'),
  only: z
    .array(label())
    .min(1)
    .optional()
    .describe('Labels whose rows this stream replays; the others are left out. Absent: all.'),
})

const MIX_FORM = 'must be a map of models and shares, or `from trace`'

const mixSchema = z.union(
  [
    z.literal('from trace', { error: MIX_FORM }).transform((): MixOfTrace => ({ from: 'trace' })),
    mixOfTraceSchema,
    mixSharesSchema,
  ],
  {
    error: (issue) => (isMap(issue.input) ? undefined : issue.input === undefined ? undefined : MIX_FORM),
  },
)

type MixOfTrace = z.output<typeof mixOfTraceSchema>
type Mix = z.output<typeof mixSharesSchema> | MixOfTrace

/** A model may be called `from`: its share is a number. */
export const isMixOfTrace = (mix: Mix): mix is MixOfTrace => mix['from'] === 'trace'

/** Whose requests these are and through which door they come. */
const termFields = {
  route: z
    .enum(['public', 'prefer_owner', 'self'])
    .default('public')
    .describe('`self`: only the own Macs of the account; `prefer_owner`: those first.'),
  endpoint: z
    .enum(['chat', 'completions'])
    .default('chat')
    .describe('`completions` makes one dispatch: no backup, no failover.'),
}

const accountField = label()
  .default('')
  .describe('Account that asks; its own Macs are those of the fleet with that account.')

const accountsSchema = z
  .union([
    byName(share()).refine((shares) => sumOf(Object.values(shares)) <= 1 + 1e-9, {
      error: 'must sum to at most 100%; what is left has no account',
    }),
    z.literal('tenant'),
  ])
  .describe(
    'Accounts and their shares of the requests, what is left having none; or `tenant`: one for each of the tenants, tenant-1 being the largest. In place of `account`.',
  )

const cacheKeysSchema = z
  .union([
    wholeWithin(1, 1_000_000_000),
    z.strictObject({
      keys: wholeWithin(1, 1_000_000).describe('How many conversations there are.'),
      zipf: within(0, 5).default(0).describe('Share of the k-th is proportional to k^-zipf; 0: equal.'),
      none: share().prefault(0).describe('Share of the requests without a key.'),
    }),
  ])
  .describe('Requests carry one of this many conversation keys, drawn evenly or as said; absent: none.')

const processFieldsSchema = z.strictObject({
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
  account: accountField,
  accounts: accountsSchema.optional(),
  ...termFields,
  cache_keys: cacheKeysSchema.optional(),
  patience: patienceOverrideSchema.optional().describe("Differs from the upstream's for this stream only."),
  estimate_error: within(0, SIGMA_MAX)
    .default(0)
    .describe(
      "Sigma of the logarithm of the coordinator's prompt estimate (it counts characters / 4) over the true length; 0 = exact.",
    ),
  estimate_ratio: ratioDistributionSchema
    .optional()
    .describe(
      "The coordinator's prompt estimate over the true length, as a distribution; the Mac works with the truth. In place of `estimate_error`.",
    ),
})

type ProcessFields = z.output<typeof processFieldsSchema>

const processSchema = processFieldsSchema
  .refine((stream) => stream.until === undefined || stream.until > stream.from, {
    path: ['until'],
    error: 'must be later than `from`',
  })
  .refine((stream) => !('from' in stream.lengths) || stream.lengths.file !== undefined || 'trace' in stream.arrivals, {
    path: ['lengths', 'from'],
    error: 'needs arrivals from a trace, or a `file` of its own',
  })
  .superRefine(checkTogether)

/** What excludes or needs what. */
function checkTogether(stream: ProcessFields, context: z.RefinementCtx): void {
  const complain = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message })
  const { arrivals, lengths, mix, accounts } = stream
  const [rows, file] = 'from' in lengths ? [lengths.rows, lengths.file] : []
  if (isMixOfTrace(mix)) {
    if (!('trace' in arrivals)) complain(['mix'], 'needs arrivals from a trace')
    if (rows === 'redrawn' && file === undefined)
      complain(['lengths', 'rows'], 'must be `own` with `mix: from trace`: a model keeps the lengths it had')
  }
  if (rows === 'own' && (!('trace' in arrivals) || file !== undefined))
    complain(['lengths', 'rows'], '`own` needs arrivals and lengths from one trace')
  if (accounts !== undefined && stream.account !== '') complain(['accounts'], 'cannot stand beside `account`')
  if (accounts === 'tenant' && !('tenants' in arrivals))
    complain(['accounts'], '`tenant` needs `arrivals: {tenants: …}`')
  if (stream.estimate_ratio !== undefined && stream.estimate_error !== 0)
    complain(['estimate_ratio'], 'cannot stand beside `estimate_error`')
  if ('sessions' in arrivals && stream.cache_keys !== undefined)
    complain(['cache_keys'], 'cannot be set for sessions: each one is a conversation with a key of its own')
}

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
  account: accountField,
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

const isMap = (input: unknown): boolean => typeof input === 'object' && input !== null && !Array.isArray(input)

/** Of whose money and limits a stream makes use; '' for requests of nobody in particular. */
export function accountsOf(stream: DemandStream): readonly string[] {
  if ('requests' in stream) return stream.requests.map((request) => request.account)
  const { accounts, arrivals } = stream
  if (accounts === undefined) return [stream.account]
  if (accounts !== 'tenant') return Object.keys(accounts)
  const count = 'tenants' in arrivals ? arrivals.tenants.count : 0
  return Array.from({ length: count }, (_, place) => tenantAccount(place))
}

/** Of a tenant by its place, 0 being the largest. */
export const tenantAccount = (place: number): string => `tenant-${place + 1}`

/** What stands for a label of the recording. */
export const modelOfLabel = ({ as, others }: MixOfTrace, inTrace: string): string => as?.[inTrace] ?? others ?? inTrace

export type DemandStream = ProcessStream | RequestsStream
export type ProcessStream = z.output<typeof processSchema>
export type RequestsStream = z.output<typeof requestsSchema> & {
  readonly recorded?: { readonly trace: string; readonly time_zero: number; readonly model?: string | undefined }
}
export type SpelledRequest = z.output<typeof spelledRequestSchema>
export type Lengths = z.output<typeof lengthsSchema>
export type MaxTokens = z.output<typeof maxTokensSchema>
export type { MixOfTrace }
export { type Upstream, type PatienceLaw as Patience, upstreamSchema } from './upstream/config.ts'
