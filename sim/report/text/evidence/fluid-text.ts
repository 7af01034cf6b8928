/** A bound on goodput for a terminal: the bound, and what runs reached of it. */
import { type BoundResult, REFERENCE, type SeedBound } from '../../../evidence/bound/bound.ts'
import { type Paint, plainPaint, type TextCell } from '../../form/paint.ts'
import { formatTable, type Table } from '../../form/table.ts'
import { formatValue } from '../../form/unit.ts'

const meanOf = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length
}

const row = (name: string, bound: TextCell, reached: readonly TextCell[]): readonly TextCell[] => [
  name,
  bound,
  ...reached,
]

function tableOf({ seeds }: BoundResult): Table {
  const [first] = seeds
  const models = Object.keys(first?.models ?? {})
  const policies = Object.keys(first?.reached ?? {})
  const mean = (of: (seed: SeedBound) => number | null | undefined): TextCell =>
    formatValue(meanOf(seeds.map((seed) => of(seed) ?? null)), 'share')
  const columns = [
    { head: 'goodput', align: 'left' as const },
    { head: 'bound', align: 'right' as const },
    ...policies.map((head) => ({ head, align: 'right' as const })),
  ]
  return {
    columns,
    rows: [
      row(
        'all users',
        mean(({ overall }) => overall),
        policies.map((policy) => mean(({ reached }) => reached[policy]?.overall)),
      ),
      ...models.map((model) =>
        row(
          `${model} (bound: the fleet to itself)`,
          mean(({ models: of }) => of[model]?.alone),
          policies.map((policy) => mean(({ reached }) => reached[policy]?.models[model])),
        ),
      ),
    ],
  }
}

const ABOUT = `no policy can do better than the bound: cool Macs, every model loaded, batches as full as the SLO allows, demand known. ${REFERENCE}: each Mac keeps the one model that this division gives it; a mark to aim at, no bound`

export function formatBound(result: BoundResult, paint: Paint = plainPaint): string {
  const { seeds, scenario } = result
  return [
    paint('strong', scenario.name),
    paint('dim', ABOUT),
    paint(
      'dim',
      seeds.length === 1
        ? `seed ${seeds[0]!.seed}`
        : `means over ${seeds.length} seeds; every seed by itself stands in --json`,
    ),
    '',
    formatTable(tableOf(result), paint),
  ].join('\n')
}
