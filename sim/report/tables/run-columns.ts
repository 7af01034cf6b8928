/** Which run a row is of: the first columns of every table, so that tables of many runs are one table to whoever reads them together. */
import type { RunResult } from '../../metrics/result.ts'
import type { ParquetColumn } from '../files/parquet.ts'

/** `scenario` is its name. */
export interface RunKey {
  readonly scenario: string
  readonly policy: string
  readonly seed: number
}

export const runKeyOf = ({ scenario, policy, seed }: RunResult): RunKey => ({
  scenario: scenario.name,
  policy: policy.name,
  seed,
})

export const RUN_COLUMNS: readonly ParquetColumn<RunKey>[] = [
  { name: 'scenario', type: 'text', about: 'name of the scenario', value: ({ scenario }) => scenario },
  { name: 'policy', type: 'text', about: 'name of the arm', value: ({ policy }) => policy },
  { name: 'seed', type: 'whole', about: '', value: ({ seed }) => seed },
]

/** A table of one run: its rows need not say of which. */
export const columnsOfRun = <T>(run: RunKey, columns: readonly ParquetColumn<T>[]): readonly ParquetColumn<T>[] => [
  ...RUN_COLUMNS.map(({ name, type, about, value }) => ({ name, type, about, value: () => value(run) })),
  ...columns,
]

/** Trace times as the JSON writes times. -1 and undefined: it never was. */
export const secondsOf = (micros: number | undefined): number | undefined =>
  micros === undefined || micros < 0 ? undefined : micros / 1e6
