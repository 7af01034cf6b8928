/** What `npm start` says, on 100 columns. Pure, so that a test can hold it to stored runs. */
import { formatTable } from '../../sim/report/form/table.ts'
import { wrap } from '../../sim/report/form/wrap.ts'
import { ARM_WORDS, GATES, type Gate, HEADLINE_ARMS } from './pools/pools-design.ts'
import { differenceOver, lossDifference, lossesOf, shareOver } from './pools/pools-figures.ts'
import { MODELS, type Model, type RunRecord } from './pools/pools-record.ts'

type Runs = ReadonlyMap<string, readonly RunRecord[]>

const WIDTH = 100
const ARM_WIDTH = 16

const GATE_WORDS: { readonly [gate in Gate]: string } = {
  soft: 'Soft gate: nobody is refused for being late',
  hard: 'Hard gate: who would be served late is answered 429, and goes elsewhere or comes again',
}

const runsOf = (runs: Runs, gate: Gate, arm: string): readonly RunRecord[] => runs.get(`headline/${gate}/${arm}`) ?? []

const percent = (value: number | null): string => (value === null ? '–' : (100 * value).toFixed(0))

function cellsOf(live: readonly RunRecord[], stored: readonly RunRecord[], model: Model): readonly string[] {
  const [now, then] = [lossesOf(live, model), lossesOf(stored, model)]
  const goodput = (runs: readonly RunRecord[]): string => percent(shareOver(runs, model, (each) => each.goodput).mean)
  const refused = percent(shareOver(live, model, (each) => each.rate_429).mean)
  return [
    `${now.lost}/${now.runs}  ${then.lost}/${then.runs}`,
    `${goodput(live)}  ${goodput(stored)} %`,
    `${refused} %`,
  ]
}

const SHOWN = { better: 'better', worse: 'worse', equivalent: 'equal', inconclusive: 'not shown' } as const

/** Of the study's many seeds alone: five of today are too few for one. */
export function verdictsOf(stored: Runs, gate: Gate, arm: string): readonly string[] {
  const { against } = ARM_WORDS[arm]!
  if (against === undefined) return []
  const family = (Object.keys(HEADLINE_ARMS).length - 1) * MODELS.length
  return MODELS.map((model) => {
    const arms = [runsOf(stored, gate, arm), runsOf(stored, gate, against)] as const
    // Whether a service is there at all comes first: a mean over runs that held and runs that fell is no run's.
    const [least, most] = lossDifference(...arms, model, family) ?? [0, 0]
    if (most < 0) return 'lost less'
    if (least > 0) return 'lost more'
    const difference = differenceOver(...arms, model, (each) => each.goodput, family)
    return difference === undefined ? 'lost alike' : SHOWN[difference.verdict ?? 'inconclusive']
  })
}

const right = (head: string) => ({ head, align: 'right' as const })

function gateTable(gate: Gate, live: Runs, stored: Runs): string {
  const figures = [right('lost'), right('goodput'), right('429')]
  const columns = [{ head: '', align: 'left' as const }, ...figures, ...figures, { head: '', align: 'left' as const }]
  const rows = Object.keys(HEADLINE_ARMS).map((arm) => {
    const verdicts = verdictsOf(stored, gate, arm).join(' / ')
    return [
      [arm],
      MODELS.flatMap((model) => cellsOf(runsOf(live, gate, arm), runsOf(stored, gate, arm), model)),
      [verdicts],
    ].flat()
  })
  const table = formatTable({ columns, rows }).split('\n')
  const models = table[1]!.split('  ').map((rule) => rule.length)
  const pad = (from: number, to: number): number => models.slice(from, to).reduce((sum, width) => sum + width + 2, 0)
  const over = `${' '.repeat(pad(0, 1))}${'GPT-OSS'.padEnd(pad(1, 4))}${'Gemma'.padEnd(pad(4, 7))}verdict GPT-OSS / Gemma`
  return [GATE_WORDS[gate], over, ...table].join('\n')
}

const prose = (text: string): string => wrap(text, WIDTH).join('\n')

export function startText(live: Runs, stored: Runs): string {
  const seeds = runsOf(live, 'soft', 'open').length
  const many = runsOf(stored, 'soft', 'open').length
  return [
    prose(
      'Would one pool of Macs per model have served people better than letting every Mac hold GPT-OSS and Gemma 4, around 20 June 2026, when PR 432 proposed it?',
    ),
    prose(
      `60 Macs, a third of that fleet; 2.85 requests a second, 63 % for Gemma. Left of each pair: ${seeds} half hours, run just now; right: ${many} others of the stored study, which alone gives verdicts. lost: half hours in which the service never came up, or fell and stayed down. goodput: share of requests served in time and fast enough.`,
    ),
    ...GATES.map((gate) => gateTable(gate, live, stored)),
    Object.entries(ARM_WORDS)
      .flatMap(([arm, { about, against }]) => {
        const text = against === undefined ? about : `${about}; compared with ${against}`
        return wrap(text, WIDTH - ARM_WIDTH).map((line, i) => `${(i === 0 ? arm : '').padEnd(ARM_WIDTH)}${line}`)
      })
      .join('\n'),
    prose(
      'Assumed, because nobody published it: chips and memory by Mac, which builds were on which disks in June, max_tokens, the process of arrivals, how many refused requests found another provider, and which of the two gates was in force. The files say where each number is from: scenarios/headline/gpt-oss-vs-gemma*.yaml.',
    ),
    [
      'Next:  docs/pools.md        the answer, regime by regime, and what to measure first',
      '       npx fleetlab view    the same on a dashboard',
      '       npx fleetlab compare scenarios/headline/gpt-oss-vs-gemma.yaml    every figure and interval',
    ].join('\n'),
  ].join('\n\n')
}
