/**
 * How a scenario says what stands between the users and us: `upstream:`. A preset by year, or settings over one. Every
 * number of a preset stands once, in PRESETS, with where it comes from; what nobody has published is marked assumed there.
 * Facts: coordinator-control §9.
 */
import { z } from 'zod'
import { byName, durationWithin, share, wholeWithin, within } from '../../base/config.ts'

const lawFields = {
  base: durationWithin('0', '24h').describe('Time without a first token before it ends …'),
  per_token: durationWithin('0', '1s').describe('… and this much more for each prompt token.'),
}

const offersSchema = byName(
  z.strictObject({
    price: within(0.000_001, 1_000_000)
      .default(1)
      .describe('Our price, in any unit: only its ratio to the others counts.'),
    others: z
      .array(
        z.strictObject({
          price: within(0.000_001, 1_000_000).default(1).describe('Its price, in the unit of ours.'),
          success: share().prefault('100%').describe('Share of the requests it is given that it serves.'),
        }),
      )
      .max(100)
      .describe('Everybody else who offers the model. Empty: we are the only one, and failures come back to us.'),
  }),
)

/** What an attempt can end with before its first token. */
const FAILURES = ['rate_limited', 'client_error', 'server_error', 'timeout'] as const
export type AttemptFailure = (typeof FAILURES)[number]

const writtenSchema = z.strictObject({
  preset: z
    .enum(['openrouter', 'openrouter-2025', 'openrouter-2026', 'none'])
    .optional()
    .describe('Where every setting that is not written comes from; absent: `openrouter-2025`.'),
  patience: z
    .strictObject({ enabled: z.boolean().describe('Whether clients ever give up.'), ...lawFields })
    .partial()
    .optional()
    .describe(
      'A client that sees no token in time closes the connection, however often the router has tried; the router counts it as our failure.',
    ),
  first_content: z
    .strictObject({
      enabled: z.boolean().describe('Whether the router gives an attempt up by a clock of its own.'),
      ...lawFields,
      models: byName(z.strictObject(lawFields)).describe('Models with another clock.'),
    })
    .partial()
    .optional()
    .describe(
      "The router's own clock on one attempt: without a first token by then it closes the connection, counts it as our failure and goes on elsewhere.",
    ),
  retry_elsewhere_on_429: z
    .boolean()
    .optional()
    .describe('Whether the router offers a request we answered 429 to another provider.'),
  retry_elsewhere_on_error: z
    .boolean()
    .optional()
    .describe('The same for 5xx answers and attempts that ran out of time, before the first token. After it, never.'),
  failover_success: share()
    .optional()
    .describe('Share of requests that some other provider would serve, for models not under `offers`.'),
  retries: wholeWithin(0, 100)
    .optional()
    .describe('How often the router tries us again when nobody else serves the request.'),
  retry_on: z
    .array(z.enum(FAILURES))
    .optional()
    .describe('After which ends of an attempt: a 429, another 4xx, a 5xx or lost connection, its own clock.'),
  retry_after: z
    .enum(['heard', 'ignored'])
    .optional()
    .describe('Whether the wait before a retry is the Retry-After that we sent.'),
  retry_wait: durationWithin('1ms', '1h').optional().describe('The wait when none was sent, or none is heard.'),
  retry_jitter: share()
    .optional()
    .describe(
      'Each wait is longer by a random part of itself, up to this share; without it, whoever was refused together comes back together.',
    ),
  offers: offersSchema
    .optional()
    .describe(
      'Who competes with us, by model: then the stream is the demand of the router for the model, of which we get a share. A model that is not here comes to us first as long as the router thinks well of us.',
    ),
  price_exponent: within(0, 10).optional().describe('An offer is chosen first with a weight of 1/price to this power.'),
  exploration: share().optional().describe('Share of requests that come to us first even when we are paused or down.'),
  outage: z
    .strictObject({
      window: durationWithin('0', '24h').describe(
        'How far back the router looks for an outage of ours; 0: it does not.',
      ),
      below: share().describe('Uptime over the window that is an outage.'),
      sample: wholeWithin(1, 1_000_000).describe('Requests in the window before it judges.'),
    })
    .partial()
    .optional()
    .describe(
      'The outage rule: a provider in outage gets requests only when the others fail. For models under `offers`.',
    ),
  standing: z
    .strictObject({
      enabled: z.boolean().describe('Whether our uptime decides how much traffic we get.'),
      window: durationWithin('1s', '24h').describe('Over which uptime is taken.'),
      sample: wholeWithin(1, 1_000_000).describe('Requests in the window before it judges.'),
      degraded_weight: share().describe(
        'What is left of our weight from 80 to 95 % uptime; below 80 % we are fallback only.',
      ),
    })
    .partial()
    .optional()
    .describe('Classes of uptime: normal from 95 %, degraded from 80 %, down below.'),
  cap: z
    .strictObject({
      enabled: z.boolean().describe('Whether refusals teach the router how much we take.'),
      window: durationWithin('1s', '24h').describe('How often it looks.'),
      spike: share().describe('Share of 429 that sets the cap: the rate served times the share not refused.'),
      quiet: share().describe('Share of 429 up to which the cap rises; in between it holds.'),
      rise: share().describe('By how much, per window.'),
    })
    .partial()
    .optional()
    .describe('The learned cap on the requests a second that come to us first; what is beyond it goes elsewhere.'),
})

type Written = z.output<typeof writtenSchema>
/** Everything that is written, and nothing optional. */
type Whole<T> = {
  readonly [K in keyof T]-?: NonNullable<T[K]> extends readonly unknown[] | { readonly [name: string]: unknown }
    ? WholeGroup<NonNullable<T[K]>>
    : NonNullable<T[K]>
}
type WholeGroup<T> = T extends readonly unknown[]
  ? T
  : string extends keyof T
    ? T
    : { readonly [K in keyof T]-?: NonNullable<T[K]> }

export type UpstreamPresetName = 'openrouter-2025' | 'openrouter-2026' | 'none'
export type Upstream = Whole<Omit<Written, 'preset'>> & { readonly preset: UpstreamPresetName }
export type PatienceLaw = Upstream['patience']

interface Line {
  /** As a scenario would write it. */
  readonly to: unknown
  readonly source: string
  readonly assumed: boolean
}

const published = (to: unknown, source: string): Line => ({ to, source, assumed: false })
const assumed = (to: unknown, why: string): Line => ({ to, source: why, assumed: true })

const CONTROL = 'coordinator-control §9'
const OFF = 'the lab had no such rule under this name, and its digests stay'

/** Every setting; the other presets say what they change. */
const OPENROUTER_2025: { readonly [path: string]: Line } = {
  'patience.enabled': published(true, `${CONTROL}.3`),
  'patience.base': published('10s', `${CONTROL}.3: measured, about 10 s + 1 ms per token without bytes`),
  'patience.per_token': published('1ms', `${CONTROL}.3, as above`),
  'first_content.enabled': assumed(false, 'with one attempt it is the same clock as the patience above'),
  'first_content.base': published('10s', `${CONTROL}.3, as above`),
  'first_content.per_token': published('1ms', `${CONTROL}.3, as above`),
  'first_content.models': assumed({}, 'no model with a clock of its own is published'),
  retry_elsewhere_on_429: published(true, `${CONTROL}.3: fallback to the next provider before any token`),
  retry_elsewhere_on_error: assumed(false, `${OFF}; the documents say that errors fall back too`),
  failover_success: assumed('100%', 'nothing is published'),
  retries: assumed(0, OFF),
  retry_on: assumed(
    ['rate_limited', 'client_error', 'server_error', 'timeout'],
    'which ends are retried is not published; 4xx were',
  ),
  retry_after: assumed(
    'heard',
    `${CONTROL}.3: a comment in the public repository, not confirmed by the router's documents`,
  ),
  retry_wait: assumed('1s', 'nothing is published'),
  retry_jitter: assumed('0%', 'nothing is published'),
  offers: assumed({}, 'who else offers a model, and at what price, is not recorded'),
  price_exponent: published(2, `${CONTROL}.2: weight 1/price²`),
  exploration: assumed('0%', 'the documents of that time name none'),
  'outage.window': published('30s', `${CONTROL}.2: no outage in the last 30 s; an earlier text said 10 s`),
  'outage.below': assumed('80%', 'what a significant outage is, is not published; the class `down` begins there'),
  'outage.sample': assumed(5, 'nothing is published'),
  'standing.enabled': assumed(false, OFF),
  'standing.window': assumed('5m', `${CONTROL}.2: reacts within minutes`),
  'standing.sample': published(100, `${CONTROL}.1: at least 100 requests`),
  'standing.degraded_weight': assumed('50%', `${CONTROL}.1 says lower priority, without a number`),
  'cap.enabled': published(false, `${CONTROL}.2: in the text of 2026 only`),
  'cap.window': assumed('1m', `${CONTROL}.2: reacts within minutes`),
  'cap.spike': assumed('20%', `${CONTROL}.2: a large spike, without a number`),
  'cap.quiet': assumed('1%', `${CONTROL}.2: none lets it rise, a steady small rate holds it`),
  'cap.rise': assumed('10%', 'nothing is published'),
}

const OPENROUTER_2026: { readonly [path: string]: Line } = {
  'patience.base': assumed(
    '522s',
    'the longest storm of retries published lasted 8.7 min (PR 447): so long somebody waited',
  ),
  'patience.per_token': assumed('0ms', 'a patience that knows no lengths, like that storm'),
  'first_content.enabled': published(true, `${CONTROL}.3: the router drops an attempt at about 10 s + 1 ms per token`),
  retry_elsewhere_on_error: published(true, `${CONTROL}.3: fallback to the next provider before any token`),
  retries: published(29, 'PR 443: 4xx up to 29 times'),
  exploration: assumed('1%', `${CONTROL}.2: a small exploration share always, without a number`),
  'standing.enabled': published(true, `${CONTROL}.1: classes decide priority`),
  'cap.enabled': published(true, `${CONTROL}.2: a learned traffic cap`),
}

const NONE: { readonly [path: string]: Line } = {
  'patience.enabled': assumed(false, 'the law is the router’s; how long a direct client waits is not published'),
  retry_elsewhere_on_429: assumed(false, 'there is nobody else'),
  failover_success: assumed('0%', 'there is nobody else'),
  'outage.window': assumed(0, 'nobody watches'),
}

export const UPSTREAM_PRESETS: {
  readonly [name in UpstreamPresetName]: { readonly about: string; readonly lines: { readonly [path: string]: Line } }
} = {
  'openrouter-2025': {
    about: 'the router of the older documents: one attempt here, a 429 goes elsewhere, prices decide among offers',
    lines: OPENROUTER_2025,
  },
  'openrouter-2026': {
    about: 'the router of the documents of 2026: a clock per attempt, retries, uptime classes, a learned cap',
    lines: { ...OPENROUTER_2025, ...OPENROUTER_2026 },
  },
  none: {
    about: 'no router: every request comes to us, and what we answer reaches the user',
    lines: { ...OPENROUTER_2025, ...NONE },
  },
}

const UPSTREAM_PRESET_NAMES = Object.keys(UPSTREAM_PRESETS) as readonly UpstreamPresetName[]

/** `openrouter` is what the preset of 2025 was called when there was one. */
const presetNamed = (name: NonNullable<Written['preset']> | undefined): UpstreamPresetName =>
  name === undefined || name === 'openrouter' ? 'openrouter-2025' : name

type Group = { [name: string]: unknown }

function nested(lines: { readonly [path: string]: Line }): Group {
  const whole: Group = {}
  for (const [path, { to }] of Object.entries(lines)) {
    const [name, key] = path.split('.') as [string, string | undefined]
    if (key === undefined) whole[name] = to
    else whole[name] = { ...(whole[name] as Group | undefined), [key]: to }
  }
  return whole
}

const valuesOf = (preset: UpstreamPresetName): Upstream =>
  ({ ...writtenSchema.parse(nested(UPSTREAM_PRESETS[preset].lines)), preset }) as Upstream

const definedOf = (group: object): object =>
  Object.fromEntries(Object.entries(group).filter(([, value]) => value !== undefined))

/** What is a group of settings, and not a value or a map by name. */
const GROUPS: ReadonlySet<string> = new Set(['patience', 'first_content', 'outage', 'standing', 'cap'])

function resolved({ preset, ...written }: Written): Upstream {
  const base = valuesOf(presetNamed(preset))
  const over = Object.entries(definedOf(written)).map(([name, value]) => [
    name,
    GROUPS.has(name) ? { ...(base as unknown as Group)[name]!, ...definedOf(value as object) } : value,
  ])
  return { ...base, ...(Object.fromEntries(over) as Partial<Upstream>) }
}

const isMap = (input: unknown): boolean => typeof input === 'object' && input !== null && !Array.isArray(input)

export const upstreamSchema = z
  .union(
    [
      z.enum(['openrouter', 'openrouter-2025', 'openrouter-2026', 'none']).transform((preset) => resolved({ preset })),
      writtenSchema.transform(resolved),
    ],
    {
      error: (issue) =>
        isMap(issue.input)
          ? undefined
          : `must be the preset ${UPSTREAM_PRESET_NAMES.map((name) => `\`${name}\``).join(', ')} (\`openrouter\` is the first), or a map`,
    },
  )
  .describe('The router that sends us requests: a preset by its name, or its settings.')
