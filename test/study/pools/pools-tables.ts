/** docs/pools-tables.md from the stored study. Pure but for `writeTables`, so that a test can hold the page to the stored results. */
import { writeFileSync } from 'node:fs'
import { type Estimate, LEVEL } from '../../../sim/lab/estimates/estimate.ts'
import type { Interval } from '../../../sim/lab/statistics/interval.ts'
import { meanOf } from '../../../sim/lab/statistics/resample.ts'
import { levelOf, type JudgedDifference } from '../../../sim/lab/estimates/verdict.ts'
import { aliasedPairs } from '../fraction.ts'
import {
  APART,
  APART_ARMS,
  ARM_WORDS,
  apartKey,
  FACTORS,
  type Floor,
  FLOORS,
  FRACTION,
  type Gate,
  GATES,
  HEADLINE_ARMS,
  HEADLINE_FILES,
  LEVELS,
  type Part,
  POLICIES,
  REGIMES,
  type StudyPolicy,
} from './pools-design.ts'
import {
  type Choice,
  type Column,
  columnEffects,
  countEffect,
  type Effect,
  type Hour,
  hoursOf,
  type Information,
  informationOf,
  meanEffect,
} from './pools-effects.ts'
import { differenceOver, isLost, isUntold, lossesOf, servedUsers, shareOver } from './pools-figures.ts'
import { type Model, type ModelRecord, MODELS, type RunRecord } from './pools-record.ts'
import { readStudy, type Study } from './pools-store.ts'
import { verdictsOf } from '../start-text.ts'

const PAGE = 'docs/pools-tables.md'
const SHORT: { readonly [model in Model]: string } = { 'gpt-oss-20b': 'GPT-OSS', 'gemma-4-26b': 'Gemma' }

/** Cells of a row, those of one model together. */
type Row = readonly (string | readonly string[])[]
const row = (cells: Row): string => `| ${cells.flat().join(' | ')} |`
function markdown(head: readonly string[], rows: readonly Row[]): readonly string[] {
  return [row(head), row(head.map((_, place) => (place === 0 ? '---' : '---:'))), ...rows.map(row)]
}

/** Without a minus before nothing. */
const fixed = (value: number, digits: number): string => value.toFixed(digits).replace(/^-(?=0(?:\.0*)?$)/, '')
const percent = (value: number | null | undefined, digits = 1): string =>
  value === null || value === undefined ? '–' : fixed(100 * value, digits)
const signed = (value: number, digits = 1): string => {
  const text = fixed(100 * value, digits)
  return Number(text) > 0 ? `+${text}` : text
}
const whole = (value: number): string => Math.round(value).toLocaleString('en-US')
const between = (ci: Interval | null, form: (value: number) => string): string =>
  ci === null ? '' : ` [${form(ci[0])}, ${form(ci[1])}]`

const estimated = ({ mean, ci95 }: Estimate): string => `${percent(mean)}${between(ci95, percent)}`
/** Of runs that both held. */
function paired(difference: JudgedDifference | undefined): string {
  if (difference === undefined || difference.mean === null) return 'none held in both'
  const { mean, verdict_ci: ci, verdict, n } = difference
  const shown = ci === null ? 'no interval' : WORDS[verdict ?? 'inconclusive']
  return `${signed(mean)}${between(ci, signed)}, ${shown} (${n})`
}
const WORDS = { better: 'better', worse: 'worse', equivalent: 'equal', inconclusive: 'not shown' } as const
const effectText = ({ effect, ci }: Effect): string =>
  `${signed(effect)}${between(ci, signed)}${ci !== null && (ci[0] > 0 || ci[1] < 0) ? ' *' : ''}`

const goodputOf = (record: ModelRecord): number => record.goodput
const meanOver = (runs: readonly RunRecord[], value: (run: RunRecord) => number): number =>
  runs.reduce((sum, run) => sum + value(run), 0) / runs.length

const lossText = (runs: readonly RunRecord[], model: Model): string => {
  const { lost, untold, runs: all, ci95 } = lossesOf(runs, model)
  return `${lost} of ${all}${untold > 0 ? `, ${untold} too late to tell` : ''}${between(ci95, (value) => percent(value, 0))}`
}

function onsets(runs: readonly RunRecord[], model: Model): string {
  const never = runs.filter(({ models }) => models[model].outcome === 'never_up').length
  const at = runs
    .flatMap(({ models }) => models[model].onset_s ?? [])
    .toSorted((a, b) => a - b)
    .map((seconds) => Math.round(seconds / 60))
  const fell = at.length === 0 ? '' : `fell at ${at.length === 1 ? '' : `${at[0]} to `}${at.at(-1)} min`
  return [never === 0 ? '' : `${never} never up`, fell].filter((text) => text !== '').join(', ') || '–'
}

const seedsText = (seeds: number): string => (seeds === 1 ? '1 seed' : `${seeds} seeds`)

const command = (...parts: readonly Part[]): string => `\`npm run study:pools -- ${parts.join(' ')}\``

function headlineTable(study: Study, part: 'headline' | 'long'): readonly string[] {
  return GATES.flatMap((gate) => {
    const runsOf = (arm: string): readonly RunRecord[] => study.get(`${part}/${gate}/${arm}`) ?? []
    const arms = Object.keys(HEADLINE_ARMS).filter((arm) => runsOf(arm).length > 0)
    if (arms.length === 0) return []
    const family = (arms.length - 1) * MODELS.length
    const head = [
      `${gate} gate`,
      ...MODELS.flatMap((model) => [
        `${SHORT[model]} lost`,
        'when',
        'goodput, %',
        'goodput against (runs held in both)',
        '429, %',
        'users served, %',
        'retries',
        'elsewhere',
      ]),
    ]
    const rows = arms.map((arm) => {
      const runs = runsOf(arm)
      const { against } = ARM_WORDS[arm]!
      return [
        `\`${arm}\``,
        MODELS.flatMap((model) => [
          lossText(runs, model),
          onsets(runs, model),
          estimated(shareOver(runs, model, goodputOf)),
          against === undefined
            ? ''
            : `\`${against}\`: ${paired(differenceOver(runs, runsOf(against), model, goodputOf, family))}`,
          percent(shareOver(runs, model, (each) => each.rate_429).mean),
          percent(shareOver(runs, model, servedUsers).mean),
          whole(meanOver(runs, ({ models }) => models[model].retries)),
          whole(meanOver(runs, ({ models }) => models[model].failed_over)),
        ]),
      ]
    })
    return [`\`${HEADLINE_FILES[gate]}\`, ${seedsText(runsOf('open').length)}:`, '', ...markdown(head, rows), '']
  })
}

/** For the README: at most a line per arm. */
export function answerTable(study: Study): readonly string[] {
  const head = [
    '',
    ...MODELS.flatMap((model) => [`${SHORT[model]} lost`, 'goodput', '429']),
    'verdict, GPT-OSS / Gemma',
  ]
  return GATES.flatMap((gate) => {
    const rows = Object.keys(HEADLINE_ARMS).map((arm) => {
      const runs = study.get(`headline/${gate}/${arm}`) ?? []
      const { against } = ARM_WORDS[arm]!
      return [
        `\`${arm}\``,
        MODELS.flatMap((model) => [
          `${lossesOf(runs, model).lost} of ${runs.length}`,
          `${percent(shareOver(runs, model, goodputOf).mean, 0)} %`,
          `${percent(shareOver(runs, model, (each) => each.rate_429).mean, 0)} %`,
        ]),
        against === undefined ? '' : `${verdictsOf(study, gate, arm).join(' / ')} (against \`${against}\`)`,
      ]
    })
    return [`**${gate} gate**`, '', ...markdown(head, rows), '']
  })
}

function regimeTable(study: Study): readonly string[] {
  return REGIMES.flatMap((regime) => {
    const runsOf = (policy: StudyPolicy): readonly RunRecord[] => study.get(`regimes/${regime}/${policy}`) ?? []
    const played = POLICIES.filter((policy) => runsOf(policy).length > 0)
    if (played.length === 0) return []
    const family = (played.length - 1) * MODELS.length
    const head = [
      regime,
      ...MODELS.flatMap((model) => [
        `${SHORT[model]} lost`,
        'goodput, %',
        '− open, points (runs held in both)',
        '429, %',
        'uptime, %',
      ]),
      'loads',
    ]
    const rows = played.map((policy) => {
      const runs = runsOf(policy)
      return [
        `\`${policy}\``,
        MODELS.flatMap((model) => [
          lossText(runs, model),
          estimated(shareOver(runs, model, goodputOf)),
          policy === 'open' ? '' : paired(differenceOver(runs, runsOf('open'), model, goodputOf, family)),
          percent(shareOver(runs, model, (each) => each.rate_429).mean),
          percent(shareOver(runs, model, (each) => each.uptime).mean),
        ]),
        whole(meanOver(runs, ({ loads }) => loads)),
      ]
    })
    return [
      `\`scenarios/worlds/${regime}.yaml\`, ${seedsText(runsOf('open').length)}:`,
      '',
      ...markdown(head, rows),
      '',
    ]
  })
}

/** Low when the half hour ended, however long. */
const isDown = (record: ModelRecord): number => (isLost(record) || record.outcome === 'unresolved' ? 1 : 0)
const downOf =
  (policy: StudyPolicy, floor: Floor, model: Model) =>
  (hour: Hour): number =>
    isDown(hour.run(policy, floor).models[model])

const OTHERS = POLICIES.filter((policy) => policy !== 'open')

function policyEffects(hours: readonly Hour[]): readonly string[] {
  const level = levelOf(OTHERS.length * FLOORS.length * MODELS.length)
  const rows = FLOORS.flatMap((floor) =>
    POLICIES.map((policy) => [
      `\`${policy}\`, floor ${floor}`,
      MODELS.flatMap((model) => {
        const down = hours.map(downOf(policy, floor, model))
        const share = percent(down.reduce((sum, each) => sum + each, 0) / hours.length, 0)
        if (policy === 'open') return [share, '', '']
        const step = (hour: Hour): number => downOf(policy, floor, model)(hour) - downOf('open', floor, model)(hour)
        return [share, effectText(countEffect(hours, step, level)), heldEffect(hours, policy, floor, model, level)]
      }),
    ]),
  )
  const head = [
    '',
    ...MODELS.flatMap((model) => [`${SHORT[model]} down, %`, '− open', 'goodput where both held (hours)']),
  ]
  return markdown(head, rows)
}

const downAgainstFloorOn = (policy: StudyPolicy, floor: Floor, model: Model) => (hour: Hour) =>
  downOf(policy, floor, model)(hour) - downOf(policy, 'on', model)(hour)

function floorEffects(hours: readonly Hour[]): readonly string[] {
  const level = levelOf((POLICIES.length + 1) * 2 * MODELS.length)
  const changes = ['off', 'forgets'] as const
  const rows = POLICIES.flatMap((policy) =>
    changes.map((floor): Row => {
      const effects = MODELS.map((model) =>
        effectText(countEffect(hours, downAgainstFloorOn(policy, floor, model), level)),
      )
      return [`\`${policy}\`, ${floor} for on`, effects]
    }),
  )
  const all = changes.map((floor): Row => {
    const effects = MODELS.map((model) => {
      const overPolicies = hours.map((hour) =>
        meanOf(POLICIES.map((policy) => downAgainstFloorOn(policy, floor, model)(hour))),
      )
      return effectText(meanEffect(overPolicies, level))
    })
    return [`all of them, ${floor} for on`, effects]
  })
  return markdown(['', ...MODELS.map((model) => `${SHORT[model]} down, points`)], [...rows, ...all])
}

const columnWords = (column: Column): readonly [name: string, change: string] =>
  column === 'mix'
    ? ['mix', '17 % Gemma, as served → 63 %, as offered']
    : [column, `${LEVELS[column].low[0]} → ${LEVELS[column].high[0]}`]

/** Over all policies and floors. */
const downOverAll = (model: Model) => (hour: Hour) =>
  POLICIES.reduce(
    (sum, policy) => sum + FLOORS.reduce((all, floor) => all + downOf(policy, floor, model)(hour), 0),
    0,
  ) /
  (POLICIES.length * FLOORS.length)

function factorEffects(hours: readonly Hour[]): readonly string[] {
  const level = levelOf(MODELS.length * (FACTORS.length + 1))
  const effects = MODELS.map((model) => columnEffects(hours, downOverAll(model), level))
  const rows = [...effects[0]!.keys()].map((column) => [
    columnWords(column),
    effects.map((found) => effectText(found.get(column)!)),
  ])
  return markdown(['factor', 'from → to', ...MODELS.map((model) => `${SHORT[model]} down, points`)], rows)
}

const downAgainstOpen = (policy: StudyPolicy, model: Model) => (hour: Hour) =>
  FLOORS.reduce((sum, floor) => sum + downOf(policy, floor, model)(hour) - downOf('open', floor, model)(hour), 0) /
  FLOORS.length

function jointEffects(hours: readonly Hour[]): readonly string[] {
  const shown = ['pools-afe8135', 'pools', 'pools-draining', 'placement'] as const
  const level = levelOf(shown.length * MODELS.length * (FACTORS.length + 1))
  const found = shown.flatMap((policy) =>
    MODELS.map((model) => columnEffects(hours, downAgainstOpen(policy, model), level)),
  )
  const rows = [...found[0]!.keys()].map((column) => [
    columnWords(column).join(': '),
    found.map((effects) => effectText(effects.get(column)!)),
  ])
  return markdown(['', ...shown.flatMap((policy) => MODELS.map((model) => `\`${policy}\`, ${SHORT[model]}`))], rows)
}

/** Goodput in hours that both held, and of how many. */
function heldEffect(hours: readonly Hour[], arm: StudyPolicy, floor: Floor, model: Model, level: number): string {
  const pairs = hours
    .map((hour) => [hour.run(arm, floor).models[model], hour.run('open', floor).models[model]] as const)
    .filter((pair) => pair.every((record) => !isLost(record) && !isUntold(record)))
  if (pairs.length === 0) return '–'
  const steps = pairs.map(([own, other]) => own.goodput - other.goodput)
  return `${effectText(meanEffect(steps, level))} (${pairs.length})`
}

const SLOT_WORDS = { '-1': 'one model per Mac', '1': 'three models per Mac' } as const

function slotEffects(hours: readonly Hour[]): readonly string[] {
  const level = levelOf((POLICIES.length + 2 * OTHERS.length) * MODELS.length)
  const slots = POLICIES.map((policy): Row => {
    const effects = MODELS.map((model) =>
      effectText(columnEffects(hours, downOf(policy, 'on', model), level).get('slots')!),
    )
    return [`\`${policy}\`: three models per Mac instead of one`, effects, MODELS.map(() => '')]
  })
  const walls = ([-1, 1] as const).flatMap((slot) => {
    const those = hours.filter(({ levels }) => levels.slots === slot)
    return OTHERS.map((policy): Row => {
      const step = (model: Model) => (hour: Hour) =>
        downOf(policy, 'on', model)(hour) - downOf('open', 'on', model)(hour)
      return [
        `\`${policy}\` − \`open\`, both with ${SLOT_WORDS[slot]}`,
        MODELS.map((model) => effectText(countEffect(those, step(model), level))),
        MODELS.map((model) => heldEffect(those, policy, 'on', model, level)),
      ]
    })
  })
  const head = [
    'floor on',
    ...MODELS.map((model) => `${SHORT[model]} down, points`),
    ...MODELS.map((model) => `${SHORT[model]} goodput where both held (hours)`),
  ]
  return markdown(head, [...slots, ...walls])
}

function fragmentationTable(study: Study): readonly string[] {
  const keys = [
    ...GATES.flatMap((gate) => Object.keys(HEADLINE_ARMS).map((arm) => `headline/${gate}/${arm}`)),
    ...REGIMES.flatMap((regime) => POLICIES.map((policy) => `regimes/${regime}/${policy}`)),
  ]
  const rows = keys.flatMap((key) => {
    const runs = study.get(key)
    if (runs === undefined) return []
    return [
      [
        key.replace(/^(?:headline|regimes)\//, ''),
        MODELS.flatMap((model) => [
          percent(
            meanOver(runs, ({ models }) => models[model].refused_beside_idle / models[model].arrived),
            2,
          ),
          meanOver(runs, ({ models }) => models[model].waited_beside_idle_s).toFixed(1),
          whole(meanOver(runs, ({ models }) => models[model].idle_capable_s / 3_600)),
        ]),
        percent(meanOver(runs, ({ busy_share }) => busy_share)),
      ],
    ]
  })
  const head = [
    '',
    ...MODELS.flatMap((model) => [
      `${SHORT[model]} refused beside an idle Mac, %`,
      'waited beside one, s',
      'idle Mac hours',
    ]),
    'Macs at work, %',
  ]
  return markdown(head, rows)
}

/** Share of all requests that were served in time. */
const allGoodput = ({ models }: RunRecord): number => {
  const all = MODELS.reduce((sum, model) => sum + models[model].arrived, 0)
  return MODELS.reduce((sum, model) => sum + models[model].goodput * models[model].arrived, 0) / all
}
const worseGoodput = ({ models }: RunRecord): number => Math.min(...MODELS.map((model) => models[model].goodput))

const choiceText = ({ policy, floor, gate }: Choice): string => `${gate} gate, \`${policy}\`, floor ${floor}`

function informationTable(hours: readonly Hour[]): readonly string[] {
  const choices = GATES.flatMap((gate) =>
    POLICIES.flatMap((policy) => FLOORS.map((floor) => ({ policy, floor, gate }))),
  )
  const utilities = [
    ['goodput of all requests', allGoodput],
    ['goodput of the model that is served worse', worseGoodput],
  ] as const
  const head = ['measure', 'from → to', 'gains, points', 'by chance up to', 'best choice at the first', 'at the second']
  return utilities.flatMap(([about, utility]) => {
    const rows = informationOf(hours, choices, utility).map(informationRow)
    return [`What is wanted: ${about}.`, ''].concat(markdown(head, rows), '')
  })
}

const informationRow = ({ column, value, byChance, low, high }: Information): Row => [
  columnWords(column),
  percent(value),
  percent(byChance),
  choiceText(low),
  choiceText(high),
]

const apartText = (runs: readonly RunRecord[]): string => {
  const lost = MODELS.map((model) => lossesOf(runs, model).lost)
  return `${percent(meanOver(runs, allGoodput))} · lost ${lost.join(' and ')} of ${runs.length}`
}

function apartTables(study: Study): readonly string[] {
  const runsOf = (gate: Gate, load: string, maxTokens: string, arm: string): readonly RunRecord[] =>
    study.get(apartKey(gate, load, maxTokens, arm)) ?? []
  const arms = APART_ARMS.map(([arm]) => arm)
  const settings = APART.load.flatMap(([load]) => APART.max_tokens.map(([maxTokens]) => [load, maxTokens] as const))
  const rows = GATES.flatMap((gate) =>
    settings.map(([load, maxTokens]): Row => {
      const cells = arms.map((arm) => apartText(runsOf(gate, load, maxTokens, arm)))
      return [gate, load, maxTokens, cells]
    }),
  )
  const gates = settings.map(([load, maxTokens]): Row => {
    const cells = arms.map((arm) => {
      const soft = runsOf('soft', load, maxTokens, arm)
      const steps = runsOf('hard', load, maxTokens, arm).flatMap((run) => {
        const other = soft.find(({ seed }) => seed === run.seed)
        return other === undefined ? [] : [allGoodput(run) - allGoodput(other)]
      })
      return steps.length === 0 ? '–' : effectText(meanEffect(steps, LEVEL))
    })
    return [load, maxTokens, cells]
  })
  const named = arms.map((arm) => `\`${arm}\``)
  return [
    'Goodput of all requests, %, and half hours in which GPT-OSS and Gemma were lost:',
    '',
    ...markdown(['gate', 'load', 'max_tokens', ...named], rows),
    '',
    'Hard gate − soft gate, points of goodput of all requests, paired by seed; each interval by itself, not corrected for the others:',
    '',
    ...markdown(['load', 'max_tokens', ...named], gates),
    '',
  ]
}

function designText(): readonly string[] {
  const rows = FACTORS.map((factor) => [factor, LEVELS[factor].about, LEVELS[factor].low[0], LEVELS[factor].high[0]])
  const words = FRACTION.definingWords.filter((word) => word.length === FRACTION.resolution)
  return [
    ...markdown(['factor', 'what', 'low', 'high'], rows),
    '',
    `2^(${FACTORS.length}−${FACTORS.length - Math.log2(FRACTION.rows.length)}) in ${FRACTION.rows.length} rows, resolution ${FRACTION.resolution === 4 ? 'IV' : FRACTION.resolution}; crossed with ${POLICIES.length} policies, ${FLOORS.length} decode floors and two mixes.`,
    `Defining words of length ${FRACTION.resolution}: ${words.map((word) => word.join(' × ')).join('; ')}.`,
    '',
    'Pairs whose joint effects on a policy by itself cannot be told from each other:',
    '',
    ...aliasedPairs(FRACTION).map((group) => `- ${group.map((pair) => pair.join(' × ')).join(' = ')}`),
  ]
}

export function poolsTables(study: Study): string {
  const hours = hoursOf(study)
  const mixes = new Set(hours.map(({ levels }) => levels.mix)).size
  const about = `${hours.length} hours of demand${mixes === 1 ? ', all with the mix that was offered' : ''}, ${hours.length * POLICIES.length * FLOORS.length} runs of half an hour`
  const effects =
    hours.length === 0
      ? []
      : [
          '## 4. Policies, over everything that is free',
          '',
          `${command('offered', 'served')}: ${about}. Down: the share of half hours at whose end the service was down. Differences are paired by hour.`,
          '',
          ...policyEffects(hours),
          '',
          '## 5. The decode floor',
          '',
          `${command('offered', 'served')}, paired by hour.`,
          '',
          ...floorEffects(hours),
          '',
          '## 6. Which half of the PR',
          '',
          `${command('offered', 'served')}. Slots between hours, walls paired by hour.`,
          '',
          ...slotEffects(hours),
          '',
          '## 7. What else decides whether a service is down',
          '',
          `${command('offered', 'served')}: means over all policies and floors.`,
          '',
          ...factorEffects(hours),
          '',
          '## 8. What changes the difference to `open`',
          '',
          `${command('offered', 'served')}: points by which the difference in services down grows from the first level to the second, over all floors.`,
          '',
          ...jointEffects(hours),
          '',
          '## 9. What it would be worth to know',
          '',
          `${command('offered', 'served')}: before choosing among two gates, ${POLICIES.length} policies and ${FLOORS.length} floors, each input at either level with equal chance. What is not above chance is not shown to be worth anything.`,
          '',
          ...informationTable(hours),
        ]
  return `${[
    '# Tables of the pools study',
    '',
    'Written by `npm run study:pools`, from every run in [pools-study.json](pools-study.json); [pools.md](pools.md) reads them. Brackets are 95 % intervals over seeds:',
    "of shares of runs Clopper and Pearson's, of means as [how-sure.md](how-sure.md) says, of differences corrected for all comparisons of their table. * leaves out 0.",
    'Fewer than five seeds or ten hours give no interval, nor do hours that are all alike but for a few. Lost: the service never came up, or fell below half of its best for ten minutes and did not come back ([collapse.md](collapse.md)).',
    '',
    '## 1. The answer',
    '',
    `${command('headline')}, ${study.get('headline/soft/open')?.length ?? 0} seeds. A third of the fleet and demand around 20 June 2026: 60 Macs, 2.85 requests a second, 63 % for Gemma.`,
    '',
    ...answerTable(study),
    ...Object.entries(ARM_WORDS).map(([arm, words]) => `- \`${arm}\`: ${words.about}`),
    '',
    '## 2. The headline',
    '',
    `${command('headline')}. Differences are of runs that neither arm lost, their number in brackets. Users served: of those who asked us first, the share that we served in the end. Elsewhere: refused requests that another provider served.`,
    '',
    ...headlineTable(study, 'headline'),
    '## 3. Regime by regime',
    '',
    `${command('regimes')}: the whole fleet of each world, half an hour. \`placement\` has the floors of July; the relaunch (2026-06-17-soft) is played without its switch against Gemma.`,
    '',
    ...regimeTable(study),
    ...effects,
    '## 10. Fragmentation',
    '',
    `${command('headline', 'regimes')}. Idle: a Mac with nothing to do that has the build and room for it.`,
    '',
    ...fragmentationTable(study),
    '',
    '## 11. Three hours',
    '',
    `${command('long')}.`,
    '',
    ...headlineTable(study, 'long'),
    '## 12. Gate, load and max_tokens in all combinations',
    '',
    `${command('apart')}: all else as in the headline.`,
    '',
    ...apartTables(study),
    '## 13. The design',
    '',
    ...designText(),
  ].join('\n')}\n`
}

export function writeTables(): void {
  writeFileSync(PAGE, poolsTables(readStudy()))
}
