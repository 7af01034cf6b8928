/**
 * What `npm run study:pools` runs: parts, each a list of cells (a scenario, settings, a policy) with its seeds. Written down
 * before the first run, so that nothing was chosen to fit.
 *
 *   headline   the two headline scenarios, all their arms, on seeds that the live run does not use
 *   offered    what is free, as a fractional design around the headline, crossed with every policy and decode floor
 *   regimes    every world of scenarios/worlds with the demand offered in it, whole fleet, every policy
 *   served     the design of `offered` with the mix that was served in June in place of the mix that was asked for
 *   apart      gate, load and max_tokens in all combinations: what the fraction cannot tell apart, and decides most
 *   long       the headline for three hours: what half an hour cannot show
 */
import { fractionOf } from '../fraction.ts'

export const PARTS = ['headline', 'offered', 'regimes', 'served', 'apart', 'long'] as const
export type Part = (typeof PARTS)[number]

export interface Cell {
  readonly part: Part
  /** Unique. */
  readonly key: string
  readonly scenario: string
  readonly settings: readonly string[]
  readonly policy: string
  /** The decode floor is the one that forgets. */
  readonly forgets: boolean
  readonly seeds: readonly number[]
}

const range = (first: number, count: number): readonly number[] => Array.from({ length: count }, (_, i) => first + i)

const HEADLINE = 'scenarios/headline/gpt-oss-vs-gemma.yaml'
const HARD = 'coordinator.TTFT_HARD_REJECT=true'
const NO_FLOOR = 'coordinator.MIN_DECODE_TPS=0'

export const GATES = ['soft', 'hard'] as const
export type Gate = (typeof GATES)[number]
export const HEADLINE_FILES: { readonly [gate in Gate]: string } = {
  soft: HEADLINE,
  hard: 'scenarios/headline/gpt-oss-vs-gemma-hard-gate.yaml',
}

/** Arms of the headline files by the name they have there, with what makes them. */
export const HEADLINE_ARMS: {
  readonly [arm: string]: { readonly policy: string; readonly settings: readonly string[] }
} = {
  open: { policy: 'open', settings: [] },
  'open-no-floor': { policy: 'open', settings: [NO_FLOOR] },
  'pools-afe8135': { policy: 'pools-afe8135', settings: [] },
  pools: { policy: 'pools', settings: [] },
  'pools-no-floor': { policy: 'pools', settings: [NO_FLOOR] },
}

/** What each is, and which one it is to be compared with: pools with pools' own floor, so that one thing changes at a time. */
export const ARM_WORDS: { readonly [arm: string]: { readonly about: string; readonly against?: string } } = {
  open: { about: 'every Mac serves and loads what it has on disk, up to three models at once' },
  'open-no-floor': { about: 'the same, and the router has no decode floor (MIN_DECODE_TPS: 0)', against: 'open' },
  'pools-afe8135': {
    about: 'PR 432 as its last commit left it: one pool per Mac, one model at a time',
    against: 'open',
  },
  pools: { about: 'PR 432 with every finding of its review mended', against: 'open' },
  'pools-no-floor': { about: 'the same, and the router has no decode floor', against: 'open-no-floor' },
}

const HEADLINE_SEEDS = range(101, 40)
const LONG_SEEDS = range(201, 6)
const LONG = ['duration=3h']

/** Every arm of a headline file, with what else is set. */
const armCells = (
  part: Part,
  { gate, key, settings, seeds }: Pick<Cell, 'settings' | 'seeds'> & { readonly gate: Gate; key(arm: string): string },
): readonly Cell[] =>
  Object.entries(HEADLINE_ARMS).map(([arm, { policy, settings: own }]) => ({
    part,
    key: key(arm),
    scenario: HEADLINE_FILES[gate],
    settings: [...settings, ...own],
    policy,
    forgets: false,
    seeds,
  }))

const headlineCells = (
  part: 'headline' | 'long',
  seeds: readonly number[],
  settings: readonly string[],
): readonly Cell[] =>
  GATES.flatMap((gate) => armCells(part, { gate, key: (arm) => `${part}/${gate}/${arm}`, settings, seeds }))

export const POLICIES = ['open', 'pools-afe8135', 'pools', 'pools-draining', 'placement'] as const
export type StudyPolicy = (typeof POLICIES)[number]

/** The regimes by date; the order of docs/worlds.md. */
export const REGIMES = [
  '2026-06-17-hard-x4',
  '2026-06-17-soft',
  '2026-06-20',
  '2026-06-21',
  '2026-06-27-hard-x12',
  '2026-07-06',
  '2026-07-25',
] as const
export type Regime = (typeof REGIMES)[number]

/**
 * Half an hour of each. The gate of the morning of 17 June refuses 71 %, so there a model is up with a fifth of what is asked
 * for. The relaunch is played without its switch against Gemma: how long that was on is known, when is not.
 */
const REGIME_SETTINGS: { readonly [regime in Regime]?: readonly string[] } = {
  '2026-06-17-hard-x4': ['collapse.up=20%'],
  '2026-06-17-soft': ['timeline=[]'],
}
const REGIME_SEEDS = range(301, 8)

/** PR 435 fills pools by name where it is told no floors; those of July are the only ones published. A third for the headline's fleet. */
const placementFloors = (gptOss: number, gemma: number): string =>
  `coordinator.WARM_POOL_MIN_WARM={gpt-oss-20b: ${gptOss}, gemma-4-26b-qat-4bit: ${gemma}}`

const regimeCells: readonly Cell[] = REGIMES.flatMap((regime) =>
  POLICIES.map((policy) => ({
    part: 'regimes' as const,
    key: `regimes/${regime}/${policy}`,
    scenario: `scenarios/worlds/${regime}.yaml`,
    settings: [
      'duration=30m',
      'collapse.up=40%',
      ...(REGIME_SETTINGS[regime] ?? []),
      ...(policy === 'placement' ? [placementFloors(16, 32)] : []),
    ],
    policy,
    forgets: false,
    seeds: REGIME_SEEDS,
  })),
)

export const FACTORS = ['slots', 'start', 'disks', 'load', 'gate', 'max_tokens', 'cancels', 'error'] as const
export type Factor = (typeof FACTORS)[number]

const HALF_LOAD = ['half', 'demand[0].arrivals.cox.rate=1.425/s'] as const
const SHORT_ANSWERS = ['1,024, all', 'demand[0].max_tokens=1024'] as const
const NO_LIMIT = ['none, all', 'demand[0].max_tokens={none: 100%}'] as const

/** Low and high of each factor: in words, and as settings over the headline. */
export const LEVELS: {
  readonly [factor in Factor]: {
    readonly about: string
    readonly low: readonly [string, string]
    readonly high: readonly [string, string]
  }
} = {
  slots: {
    about: 'models that a Mac keeps at once',
    low: ['1', 'max_model_slots=1'],
    high: ['3', 'max_model_slots=3'],
  },
  start: {
    about: 'what Macs hold at the start',
    low: ['nothing', 'start[2].groups=[{count: 13, answers_challenges: false}, {count: 3, standing: {broken: true}}]'],
    high: ['as on 17 June', ''],
  },
  disks: {
    about: 'builds on the disks of Macs of 36 GB and more',
    low: ['as on 25 July', ''],
    high: ['both everywhere', 'start[0].groups=[{share: 100%, advertises: [gpt-oss-20b, gemma-4-26b-qat-4bit]}]'],
  },
  load: {
    about: 'requests offered',
    low: HALF_LOAD,
    high: ['as on 17 June', ''],
  },
  gate: { about: 'first-token gate', low: ['soft', ''], high: ['hard', HARD] },
  max_tokens: {
    about: 'max_tokens that clients send',
    low: SHORT_ANSWERS,
    high: NO_LIMIT,
  },
  cancels: {
    about: 'prompts cancelled in a group are worked to their end for nobody',
    low: ['never', 'mac.cancelled_prefill=never'],
    high: ['always', 'mac.cancelled_prefill=always'],
  },
  error: {
    about: 'Macs as the model says, or off as the calibration is known to be off',
    low: ['none', ''],
    high: ['calibrated', 'physics.error=calibrated'],
  },
}

/**
 * 2^(8-4) in 16 rows, of resolution IV (Box, Hunter and Hunter 2005, table 6.22, with its generators): the effect of each factor is
 * clear of every pair of others, and what a factor changes about a policy is clear too, because policies and floors are crossed with all rows.
 * Which pairs of factors cannot be told from each other, `aliasedPairs` works out.
 */
export const FRACTION = fractionOf<Factor>(['slots', 'start', 'load', 'gate'], {
  disks: ['start', 'load', 'gate'],
  max_tokens: ['slots', 'load', 'gate'],
  cancels: ['slots', 'start', 'load'],
  error: ['slots', 'start', 'gate'],
})

/** The mix of what is asked for, crossed with the fraction. */
export const MIXES = ['offered', 'served'] as const
export type Mix = (typeof MIXES)[number]
const MIX_SETTINGS: { readonly [mix in Mix]: readonly string[] } = {
  offered: [],
  served: ['demand[0].mix={gemma-4-26b: 17%, gpt-oss-20b: 83%}'],
}

/** `forgets`: what was seen of a Mac that has not worked for a minute does not count. */
export const FLOORS = ['on', 'off', 'forgets'] as const
export type Floor = (typeof FLOORS)[number]

/** Each row has hours of demand of its own, the same for every policy and floor. */
const ROUNDS = 4
const seedsOf = (mix: Mix, row: number): readonly number[] =>
  Array.from({ length: ROUNDS }, (_, round) => 1_000 * (round + 1) + 100 * MIXES.indexOf(mix) + row)

export const factorKey = (mix: Mix, row: number, floor: Floor, policy: StudyPolicy): string =>
  `${mix}/${row}/${floor}/${policy}`

const factorCells: readonly Cell[] = MIXES.flatMap((mix) =>
  // Policy by policy, so that a study which is stopped early has all rows of the first ones.
  POLICIES.flatMap((policy) =>
    FRACTION.rows.flatMap((levels, row) =>
      FLOORS.map((floor) => ({
        part: mix,
        key: factorKey(mix, row, floor, policy),
        scenario: HEADLINE,
        settings: [
          ...FACTORS.map((factor) => LEVELS[factor][levels[factor] < 0 ? 'low' : 'high'][1]),
          ...MIX_SETTINGS[mix],
          ...(floor === 'on' ? [] : [NO_FLOOR]),
          ...(policy === 'placement' ? [placementFloors(6, 11)] : []),
        ].filter((setting) => setting !== ''),
        policy,
        forgets: floor === 'forgets',
        seeds: seedsOf(mix, row),
      })),
    ),
  ),
)

/** `gate × max_tokens` goes with `slots × load` in the fraction. Here all else is as in the headline, slots as each policy has them. */
export const APART = {
  load: [HALF_LOAD, ['as on 17 June', 'demand[0].arrivals.cox.rate=2.85/s']],
  max_tokens: [
    SHORT_ANSWERS,
    ['as assumed', 'demand[0].max_tokens={none: 25%, sent: {lognormal: {median: 2048, sigma: 1.2}}}'],
    NO_LIMIT,
  ],
} as const
export const APART_ARMS = Object.entries(HEADLINE_ARMS)
export const apartKey = (gate: Gate, load: string, maxTokens: string, arm: string): string =>
  `apart/${gate}/${load}/${maxTokens}/${arm}`
const APART_SEEDS = range(401, 10)

const apartCells: readonly Cell[] = GATES.flatMap((gate) =>
  APART.load.flatMap(([load, loadSetting]) =>
    APART.max_tokens.flatMap(([maxTokens, setting]) =>
      armCells('apart', {
        gate,
        key: (arm) => apartKey(gate, load, maxTokens, arm),
        settings: [loadSetting, setting],
        seeds: APART_SEEDS,
      }),
    ),
  ),
)

export const CELLS: readonly Cell[] = [
  ...headlineCells('headline', HEADLINE_SEEDS, []),
  ...regimeCells,
  ...factorCells,
  ...apartCells,
  ...headlineCells('long', LONG_SEEDS, LONG),
]
