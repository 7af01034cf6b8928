/** The tables of docs/pools-tables.md from the results of the study. Pure, so that a test can hold it to small results. */
import type { CompareResult } from '../../sim/lab/compare.ts'

interface Estimate {
  readonly mean: number | null
  readonly ci95: readonly [number, number] | null
}

/** `sweep --json`. */
export interface Grid {
  readonly axes: readonly { readonly path: string; readonly values: readonly string[] }[]
  readonly seeds: readonly number[]
  readonly models: readonly string[]
  readonly cells: readonly {
    readonly settings: { readonly [path: string]: string }
    readonly policy: string
    readonly metrics: { readonly [metric: string]: Estimate | undefined }
  }[]
}

export interface VariantTable {
  readonly name: string
  readonly command: string
  readonly result: CompareResult
}

export interface SweepTable {
  readonly about: string
  readonly command: string
  readonly result: Grid
}

type Form = (value: number) => string
const percent: Form = (value) => (100 * value).toFixed(1)
const count: Form = (value) => Math.round(value).toLocaleString('en-US')

/** Mean and half of the interval; both in the unit of the column. */
function shown(estimate: Estimate | undefined, form: Form): string {
  if (estimate === undefined || estimate.mean === null) return 'no data'
  const { mean, ci95 } = estimate
  return ci95 === null || ci95[0] === ci95[1] ? form(mean) : `${form(mean)} ±${form((ci95[1] - ci95[0]) / 2)}`
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

const rule = (cells: readonly string[]): string => row(cells.map((_, place) => (place === 0 ? '---' : '---:')))

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  row(head),
  rule(head),
  ...rows.map(row),
]

/** GPT-OSS before Gemma: the order in which everybody speaks of them. */
const inOrder = (models: readonly string[]): readonly string[] => [...models].sort().reverse()
const short = (model: string): string => (model.startsWith('gpt-oss') ? 'GPT-OSS' : 'Gemma')

function variantTable({ name, command, result }: VariantTable): string[] {
  const models = inOrder(result.models)
  const head = [
    'policy',
    ...models.flatMap((model) => [`${short(model)} goodput, %`, `− ${result.baseline}, pp`, `${short(model)} 429, %`]),
    'loads',
    'pool moves',
    'Macs at work, %',
  ]
  const rows = Object.entries(result.policies).map(([policy, metrics]) => {
    const perModel = models.flatMap((model) => {
      const goodput = `models["${model}"].goodput`
      const difference = result.differences[policy]?.[goodput]
      const star = difference?.significant === true ? ' *' : ''
      return [
        shown(metrics[goodput], percent),
        policy === result.baseline ? '' : `${shown(difference, percent)}${star}`,
        shown(metrics[`models["${model}"].rate_429`], percent),
      ]
    })
    const fleet = [
      shown(metrics['loads.count'], count),
      shown(metrics['pool_moves'], count),
      shown(metrics['providers.busy_share'], percent),
    ]
    return [`\`${policy}\``].concat(perModel, fleet)
  })
  const seeds = result.seeds.length
  return [`## ${name}`, '', `\`${command}\` (${seeds} seeds)`, '', ...table(head, rows), '']
}

function sweepTable({ about, command, result }: SweepTable): string[] {
  const models = inOrder(result.models)
  const axis = result.axes[0]!
  const policies = [...new Set(result.cells.map((cell) => cell.policy))]
  const head = [about, ...models.flatMap((model) => policies.map((policy) => `${short(model)}, \`${policy}\``))]
  const rows = axis.values.map((value) =>
    [value].concat(
      models.flatMap((model) =>
        policies.map((policy) => {
          const cell = result.cells.find((each) => each.policy === policy && each.settings[axis.path] === value)
          return shown(cell?.metrics[`models["${model}"].goodput`], percent)
        }),
      ),
    ),
  )
  return [`### ${about}`, '', `\`${command}\``, '', 'Goodput, %:', '', ...table(head, rows), '']
}

export function poolsTables(variants: readonly VariantTable[], sweeps: readonly SweepTable[]): string {
  return [
    '# Tables behind the pools verdict',
    '',
    'Written by `npm run study:pools`; [pools.md](pools.md) reads them. Means over seeds, ± half of a 95 % interval; differences',
    'are paired by seed, and * marks those whose interval leaves out 0.',
    '',
    ...variants.flatMap(variantTable),
    '## Sensitivity',
    '',
    'On the matched scenario, one input at a time; its own row is in the table `matched`.',
    '',
    ...sweeps.flatMap(sweepTable),
  ].join('\n')
}
