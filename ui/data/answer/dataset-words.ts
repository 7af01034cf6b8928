/** What is known of a dataset's scenario in words: its own facts, else what its results carry, else the shipped file of its path or name. */
import type { SloFigures } from '../../../sim/metrics/index.ts'
import type { Dataset } from '../../state/dashboard.ts'
import type { ShippedScenario } from './shipped-scenario.ts'
import { wordsOfName } from './arm-words.ts'

export interface DatasetWords {
  readonly question: string
  readonly slo: SloFigures | undefined
  /** Metrics that its expectations name. */
  readonly named: readonly string[]
  wordsOf(arm: string): string
}

function shippedOf({ path, scenario }: Dataset, shipped: readonly ShippedScenario[]): ShippedScenario | undefined {
  if (path !== undefined) return shipped.find((each) => each.path === path)
  const found = shipped.filter(({ name }) => name === scenario)
  return found.length === 1 ? found[0] : undefined
}

export function datasetWords(dataset: Dataset, shipped: readonly ShippedScenario[]): DatasetWords {
  const { facts, compare, runs } = dataset
  const own = compare?.scenario ?? runs.find(({ result }) => result !== undefined)?.result?.scenario
  const listed = facts === undefined ? shippedOf(dataset, shipped) : undefined
  const words = facts?.armWords ?? listed?.arms ?? {}
  return {
    question: facts?.about || own?.about || listed?.about || '',
    slo: facts?.slo ?? own?.slo,
    named: facts?.named ?? [],
    wordsOf: (arm) => (Object.hasOwn(words, arm) ? words[arm]! : wordsOfName(arm)),
  }
}
