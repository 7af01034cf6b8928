/**
 * When requests come, as a scenario writes it: the replay of a recording, a process with a rate, or users who wait for their
 * answers. docs/demand.md has the formula, the source and the use of each.
 */
import { z } from 'zod'
import {
  duration,
  durationWithin,
  positiveDuration,
  rateWithin,
  share,
  wholeWithin,
  within,
} from '../../base/config.ts'
import { parseDuration } from '../../base/quantity.ts'
import { MICROS_PER_SECOND, type Micros } from '../../base/time.ts'
import {
  cv,
  lengthDistributionSchema,
  sumOf,
  timeDistributionSchema,
  TOKENS_MAX,
  weibullShape,
} from '../content/config.ts'

/** Thinner than this, a replay looks at a thousand arrivals for each that it keeps. */
const LOAD_MIN = 0.001
/** Each unit of load is a copy of the trace to keep apart. */
const LOAD_MAX = 1_000
/** Once in eleven years; how many a run may have is for the scenario to say. */
const arrivalRate = () => rateWithin('0.00001/h', '1000000000/s')
/** As `arrivalRate`, and 0: silence. */
const arrivalRateOrNone = () =>
  z.union([z.literal(0), arrivalRate()], { error: 'must be 0 or a rate such as 6/s or 90/m' })

/** `12:30:00`, hours of the day on the recording's own clock. */
const CLOCK_PATTERN = /^([01]?\d|2[0-3]):([0-5]\d):([0-5]\d(?:\.\d{1,6})?)$/

/** A point of a recording: so long after its first request, or when its clock shows a time of day. */
export type StartPoint =
  | { readonly kind: 'after'; readonly after: Micros }
  | { readonly kind: 'clock'; readonly clock: Micros }

function startPoint(text: string): StartPoint | undefined {
  const clock = CLOCK_PATTERN.exec(text)
  if (clock !== null) {
    const seconds = Number(clock[1]) * 3_600 + Number(clock[2]) * 60 + Number(clock[3])
    return { kind: 'clock', clock: Math.round(seconds * MICROS_PER_SECOND) as Micros }
  }
  const after = parseDuration(text)
  return after === undefined ? undefined : { kind: 'after', after }
}

const START_FORM =
  'must be `rotate`, 0, a time after the first request such as 90s, or a time of the recording’s clock such as 12:30:00'

const startSchema = z
  .union([z.literal('rotate'), z.literal(0), z.string()], { error: START_FORM })
  .transform((input, context): 'rotate' | StartPoint => {
    const point = input === 'rotate' ? input : startPoint(String(input))
    if (point !== undefined) return point
    context.addIssue({ code: 'custom', message: START_FORM })
    return z.NEVER
  })

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
    start: startSchema
      .optional()
      .describe(
        'Where in the recording the run begins: `rotate` (the default), a point drawn by seed and shared by all streams of the trace; 0, its first request; 90s, so long after that; 12:30:00, that time on the recording’s clock (arrival_s as seconds of the day, or since 1970 in UTC).',
      ),
    resolution: durationWithin('1us', '24h')
      .optional()
      .describe(
        'To what the recording’s clock is exact; requests of one tick are spread over it. Absent: read off the file, at most 10s.',
      ),
  })
  .describe(
    'Replay of a recorded trace. Each seed starts at a random point of it, unless `start` says where; it wraps at its end.',
  )

const loadField = {
  load: within(LOAD_MIN, LOAD_MAX)
    .optional()
    .describe('Multiple of the stated rate; times of bursts, shapes and pauses stay as they are. Absent: 1.'),
}

/** Past this a factor is a slip. */
const FACTOR_MAX = 10_000
const factor = () => within(0, FACTOR_MAX)
const clockOfDay = () =>
  z
    .string()
    .regex(/^([01]?\d|2[0-3]):[0-5]\d$/, { error: 'must be a time of day such as 14:00' })
    .transform((text) => {
      const [hours, minutes] = text.split(':') as [string, string]
      return ((Number(hours) * 60 + Number(minutes)) * 60 * MICROS_PER_SECOND) as Micros
    })

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const

const clockOfWeek = () =>
  z
    .string()
    .regex(/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([01]?\d|2[0-3]):[0-5]\d$/, {
      error: 'must be a day and a time such as Mon 14:00',
    })
    .transform((text) => {
      const [day, clock] = text.split(' ') as [(typeof WEEKDAYS)[number], string]
      const [hours, minutes] = clock.split(':') as [string, string]
      const inMinutes = (WEEKDAYS.indexOf(day) * 24 + Number(hours)) * 60 + Number(minutes)
      return (inMinutes * 60 * MICROS_PER_SECOND) as Micros
    })

/** Published ones; day-shapes.ts has their figures. */
const DAY_SHAPES = ['azure-conv-weekday', 'azure-conv-weekend', 'azure-code-weekday', 'azure-code-weekend'] as const
const WEEK_SHAPES = ['azure-conv', 'azure-code'] as const
export type DayShape = (typeof DAY_SHAPES)[number]
export type WeekShape = (typeof WEEK_SHAPES)[number]

/** [time, factor], times rising. */
const pointsSchema = z
  .array(z.tuple([duration(), factor()]))
  .min(1)
  .superRefine((points, context) => {
    for (let i = 1; i < points.length; i++) {
      if (points[i]![0] <= points[i - 1]![0])
        context.addIssue({ code: 'custom', path: [i, 0], message: 'must be later than the point before it' })
    }
    if (points.every(([, by]) => by === 0)) context.addIssue({ code: 'custom', message: 'is 0 all the time' })
  })

const hoursOfDay = z
  .array(factor())
  .length(24, { error: 'must be 24 factors, one for each hour' })
  .refine((hours) => sumOf(hours) > 0, { error: 'is 0 all the time' })

const shapePartSchema = z.union([
  z.strictObject({ steps: pointsSchema.describe('[[0s, 1], [10m, 3]]: a factor that holds until the next one.') }),
  z.strictObject({ points: pointsSchema.describe('[[0s, 1], [10m, 3]]: straight lines between factors.') }),
  z.strictObject({
    ramp: z
      .strictObject({ from: duration(), to: duration(), by: factor().describe('Factor that is reached and kept.') })
      .refine(({ from, to }) => to > from, { path: ['to'], error: 'must be later than `from`' })
      .describe('From 1 to a factor in a straight line.'),
  }),
  z.strictObject({
    step: z
      .strictObject({ at: duration(), by: factor().describe('Factor from then on.') })
      .describe('A sudden change.'),
  }),
  z.strictObject({
    spike: z
      .strictObject({
        at: duration(),
        for: positiveDuration(),
        by: factor().describe('Factor while it lasts.'),
        every: durationWithin('1s', '744h').optional().describe('Again and again, from start to start. Absent: once.'),
      })
      .refine(({ every, for: lasts }) => every === undefined || every > lasts, {
        path: ['every'],
        error: 'must be longer than `for`',
      }),
  }),
  z.strictObject({
    day: z
      .union([z.enum(DAY_SHAPES), hoursOfDay])
      .describe('Factors of the hours 0 to 23, straight lines between the middles of hours; or a published day.'),
    starts: clockOfDay().prefault('00:00').describe('Time of day when the run begins.'),
  }),
  z.strictObject({
    week: z
      .union([z.enum(WEEK_SHAPES), z.array(hoursOfDay).length(7, { error: 'must be seven days, Monday first' })])
      .describe('Factors of seven days of 24 hours, Monday first; or a published week.'),
    starts: clockOfWeek().prefault('Mon 00:00').describe('Day and time when the run begins.'),
  }),
])

/** A product of more parts than a reader could follow. */
const PARTS_MAX = 20

const shapeSchema = z
  .array(shapePartSchema)
  .min(1)
  .max(PARTS_MAX)
  .describe('How the rate moves with time: a list of shapes whose factors are multiplied.')

const ratedFields = { ...loadField, shape: shapeSchema.optional() }

const poissonArrivals = z
  .strictObject({ poisson: arrivalRate().describe('Mean rate; gaps are exponential.'), ...ratedFields })
  .describe('Independent arrivals at a constant rate.')

const gammaArrivals = z
  .strictObject({
    gamma: z.strictObject({
      rate: arrivalRate().describe('Mean rate.'),
      cv: cv().describe('Coefficient of variation of the gaps; 1 is Poisson, above 1 bursty.'),
    }),
    ...ratedFields,
  })
  .describe('Renewal process with Gamma gaps.')

const weibullArrivals = z
  .strictObject({
    weibull: z.strictObject({
      rate: arrivalRate().describe('Mean rate.'),
      shape: weibullShape().describe('Below 1 bursty, 1 Poisson, above 1 regular.'),
    }),
    ...ratedFields,
  })
  .describe('Renewal process with Weibull gaps.')

const STATES_MAX = 50

const mmppArrivals = z
  .strictObject({
    mmpp: z
      .array(
        z.strictObject({
          rate: arrivalRateOrNone().describe('Rate while in this state; 0: silent.'),
          mean: positiveDuration().describe('Mean time in it, exponential.'),
        }),
      )
      .min(2)
      .max(STATES_MAX)
      .refine((states) => states.some((state) => state.rate > 0), { error: 'must have a state with a rate above 0' })
      .describe(
        'States; a change leads to any other with the same chance. The first is drawn by the time spent in each.',
      ),
    ...ratedFields,
  })
  .describe('Markov-modulated Poisson process: the rate jumps between states.')

const onoffArrivals = z
  .strictObject({
    onoff: z
      .strictObject({
        rate: arrivalRate().describe('Rate while on. The mean rate is this times the share of time on.'),
        on: timeDistributionSchema.describe('How long it stays on.'),
        off: timeDistributionSchema.describe('How long it stays off.'),
        cv: cv().default(1).describe('Coefficient of variation of the gaps while on.'),
      })
      .refine(({ on }) => on !== 0, { path: ['on'], error: 'must be more than 0' }),
    ...ratedFields,
  })
  .describe('Bursts and silence in turn; heavy-tailed times make it self-similar.')

/** What reproduces the Azure conversation trace (facts workload §3), fitted to its CV and to its Fano factors at 1, 10 and 60 s. */
const AZURE = { rate: '5.53/s', sd: 0.27, time_constant: '600s', cv: 1.03 } as const

const coxFields = z.strictObject({
  rate: arrivalRate().prefault(AZURE.rate).describe('Mean rate.'),
  sd: within(0, 3).default(AZURE.sd).describe('Standard deviation of the logarithm of the rate.'),
  time_constant: durationWithin('1s', '168h')
    .prefault(AZURE.time_constant)
    .describe('After which the rate has forgotten where it was, to 1/e.'),
  cv: cv().default(AZURE.cv).describe('Coefficient of variation of the gaps at a steady rate; 1 is Poisson.'),
})

const coxArrivals = z
  .strictObject({ cox: coxFields, ...ratedFields })
  .describe(
    'Doubly stochastic: the logarithm of the rate follows an Ornstein-Uhlenbeck process. Defaults are those of the Azure conversation trace.',
  )

const TENANTS_MAX = 5_000

const tenantsArrivals = z
  .strictObject({
    tenants: z.strictObject({
      rate: arrivalRate().describe('Mean rate of all of them together.'),
      count: wholeWithin(1, TENANTS_MAX).describe('How many there are.'),
      zipf: within(0, 5).default(1.2).describe('Share of the k-th largest is proportional to k^-zipf; 0: equal.'),
      cv: z
        .union([
          cv(),
          z
            .array(z.tuple([within(0, 1), cv()]))
            .min(2)
            .refine((points) => points[0]![0] === 0 && points.at(-1)![0] === 1, {
              error: 'must start at probability 0 and end at 1, such as [[0, 0.9], [0.5, 1.2], [1, 10]]',
            })
            .refine(
              (points) => points.every(([p, x], i) => i === 0 || (p > points[i - 1]![0] && x >= points[i - 1]![1])),
              {
                error: 'must rise',
              },
            ),
        ])
        .prefault([
          [0, 0.91],
          [0.05, 0.91],
          [0.25, 1.03],
          [0.5, 1.19],
          [0.75, 2.22],
          [0.9, 6.23],
          [0.95, 10.3],
          [1, 10.3],
        ])
        .describe(
          'Coefficient of variation of a tenant’s gaps: one for all, or a grid of [probability, cv] of which each draws its own by seed. Absent: those of ServeGen’s m-large.',
        ),
      intermittent: share()
        .prefault('20%')
        .describe('Share of the tenants (drawn by seed) that are active only part of the time.'),
      active: share()
        .refine((active) => active >= 0.001, { error: 'must be at least 0.1%' })
        .prefault('25%')
        .describe('For what share of the time those are active; their rate is then so much higher.'),
      episode: durationWithin('1s', '168h')
        .prefault('10m')
        .describe('How long an active time of theirs is, mean, exponential.'),
      length_sigma: within(0, 4)
        .default(0)
        .describe(
          'Each tenant’s prompts and outputs are longer or shorter by factors of its own, lognormal with this sigma and median 1.',
        ),
    }),
    ...ratedFields,
  })
  .describe('Many clients with shares by Zipf’s law, each a Gamma renewal process with a burstiness of its own.')

const USERS_MAX = 100_000

const usersArrivals = z
  .strictObject({
    users: z.strictObject({
      count: wholeWithin(1, USERS_MAX).describe('How many there are; each has at most one request under way.'),
      think: timeDistributionSchema.describe('From the end of an answer, or of a failure, to the next request.'),
    }),
    ...loadField,
  })
  .describe(
    'Closed loop: a fixed number of users who wait for the answer and then think. Slower answers make fewer requests.',
  )

const sessionsArrivals = z
  .strictObject({
    sessions: z
      .strictObject({
        rate: arrivalRate().optional().describe('New sessions, Poisson. Or `agents`.'),
        agents: wholeWithin(1, USERS_MAX)
          .optional()
          .describe(
            'So many sessions are always under way: who ends one begins another after a think time. Or `rate`.',
          ),
        turns: within(1, 10_000)
          .default(10)
          .describe('Mean number of turns (a word of the user) in a session, geometric.'),
        steps: within(1, 1_000)
          .default(8)
          .describe(
            'Mean number of requests in a turn (the answer to the user, and before it one for each round of tool calls), geometric.',
          ),
        tool_time: timeDistributionSchema
          .prefault({ lognormal: { median: '300ms', sigma: 2.97 } })
          .describe('From an answer to the next request of the turn: the tools run.'),
        think: timeDistributionSchema
          .prefault({ lognormal: { median: '86s', sigma: 2.09 } })
          .describe('From the last answer of a turn to the next word of the user.'),
        appended: lengthDistributionSchema
          .prefault({ lognormal: { median: 860, sigma: 1 } })
          .describe('Tokens that a step adds to the prompt besides the answer before it.'),
        context: wholeWithin(100, TOKENS_MAX)
          .default(128_000)
          .describe('A prompt that would be longer is cut: the session goes on with a first prompt drawn anew.'),
      })
      .refine(({ rate, agents }) => (rate === undefined) !== (agents === undefined), {
        error: 'needs `rate` or `agents`, one of them',
      }),
    ...loadField,
  })
  .describe(
    'Agents: sessions of turns, a turn being a burst of requests between which tools run. `lengths.prompt` is the first prompt, which grows with every step; `lengths.output` the answer of a step.',
  )

/** The preset by its name alone. */
const coxPreset = z
  .literal('cox')
  .transform((): z.output<typeof coxArrivals> => ({ cox: coxFields.parse({}) }))
  .describe('The Cox process with the figures of the Azure conversation trace.')

export const arrivalsSchema = z.union([
  traceArrivals,
  poissonArrivals,
  gammaArrivals,
  weibullArrivals,
  mmppArrivals,
  onoffArrivals,
  coxArrivals,
  tenantsArrivals,
  usersArrivals,
  sessionsArrivals,
  coxPreset,
])

export type Arrivals = z.output<typeof arrivalsSchema>
export type TraceArrivals = z.output<typeof traceArrivals>
export type RateShape = z.output<typeof shapeSchema>
export type ShapePart = RateShape[number]
export type UsersArrivals = z.output<typeof usersArrivals>
export type SessionsArrivals = z.output<typeof sessionsArrivals>
export type TenantsArrivals = z.output<typeof tenantsArrivals>
/** Those that nobody's answer has a say in. */
export type OpenArrivals = Exclude<Arrivals, UsersArrivals | SessionsArrivals>
/** Those with a rate that a shape may move. */
export type RatedArrivals = Exclude<OpenArrivals, TraceArrivals>
