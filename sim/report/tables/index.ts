/** The Parquet tables of a run and of a comparison: which files there are, what stands in them, and how they are filled. */
import type { Micros } from '../../base/time.ts'
import type { RunResult } from '../../metrics/result.ts'
import type { Slo } from '../../metrics/settings.ts'
import type { TraceRow } from '../../trace/row.ts'
import { TraceStore } from '../../trace/store.ts'
import { type ParquetColumn, parquetFile, ParquetTable } from '../files/parquet.ts'
import { ATTEMPT_COLUMNS, AttemptRows, DELAY_COLUMNS } from './attempts-table.ts'
import { MAC_COLUMNS, type MacOfFleet, MacRows } from './macs-table.ts'
import { REQUEST_COLUMNS, RequestRows } from './requests-table.ts'
import {
  METRIC_COLUMNS,
  metricRecords,
  runRecords,
  RUNS_COLUMNS,
  SERIES_COLUMNS,
  seriesRecords,
} from './result-tables.ts'
import { columnsOfRun, RUN_COLUMNS, type RunKey } from './run-columns.ts'

/** Where tables go; names are of files. */
export interface TableFolder {
  write(name: string, bytes: Uint8Array): void
  append(name: string, bytes: Uint8Array): void
}

export interface TableAbout {
  readonly file: string
  /** The commands that write it. */
  readonly by: 'run' | 'run and compare'
  readonly about: string
  readonly columns: readonly Omit<ParquetColumn<never>, 'value'>[]
}

const ofRun = <T>(columns: readonly ParquetColumn<T>[]): TableAbout['columns'] => [...RUN_COLUMNS, ...columns]

/** For the page on columns; a test holds it to what is written. */
export const TABLES: readonly TableAbout[] = [
  { file: 'runs.parquet', by: 'run and compare', about: 'A row for each run.', columns: RUNS_COLUMNS },
  {
    file: 'metrics.parquet',
    by: 'run and compare',
    about:
      'A row for each run and figure: every number of the result but the series. One policy and seed at a time, so that pairs can be made by seed.',
    columns: METRIC_COLUMNS,
  },
  {
    file: 'series.parquet',
    by: 'run and compare',
    about: 'A row for each run, series and interval, over the whole time of arrivals.',
    columns: SERIES_COLUMNS,
  },
  {
    file: 'requests.parquet',
    by: 'run',
    about:
      'A row for each attempt of the upstream router that reached us, in the order in which they ended; those of the warm-up too, marked.',
    columns: ofRun(REQUEST_COLUMNS),
  },
  {
    file: 'attempts.parquet',
    by: 'run',
    about: 'A row for each time a request was sent to a Mac, as the coordinator saw it and as it was.',
    columns: ofRun(ATTEMPT_COLUMNS),
  },
  {
    file: 'delays.parquet',
    by: 'run',
    about: 'A row for each attempt that finished on its Mac and each culprit that delayed it there.',
    columns: ofRun(DELAY_COLUMNS),
  },
  {
    file: 'macs.parquet',
    by: 'run',
    about: 'A row for each Mac of the fleet.',
    columns: ofRun(MAC_COLUMNS),
  },
]

/** What every file of results holds, of one run or many. */
export function writeResultTables(folder: TableFolder, results: readonly RunResult[]): void {
  folder.write('runs.parquet', parquetFile(RUNS_COLUMNS, runRecords(results)))
  const put = <T>(name: string, columns: readonly ParquetColumn<T>[], records: Iterable<T>): void => {
    const table = new ParquetTable(columns, (bytes) => folder.append(name, bytes))
    for (const record of records) table.add(record)
    table.finish()
  }
  put('metrics.parquet', METRIC_COLUMNS, metricRecords(results))
  put('series.parquet', SERIES_COLUMNS, seriesRecords(results))
}

export interface TablesOfRun {
  readonly run: RunKey
  readonly slo: Slo
  readonly duration: Micros
  readonly warmup: Micros | 'auto'
  readonly fleet: readonly MacOfFleet[]
}

export interface RunTables {
  /** A subscriber of the trace. */
  readonly row: (row: TraceRow) => void
  /** After the run. */
  end(result: RunResult): void
}

/** Rows go to the disk while the run goes. Where the warm-up is known only at the end, the trace is kept until then. */
export function runTables(folder: TableFolder, about: TablesOfRun): RunTables {
  const { warmup } = about
  if (warmup !== 'auto') return tablesKnowing(folder, about, warmup)
  const store = new TraceStore()
  return {
    row: store.row,
    end(result) {
      const tables = tablesKnowing(folder, about, Math.round(result.warmup_s * 1e6) as Micros)
      for (const row of store) tables.row(row)
      tables.end(result)
    },
  }
}

function tablesKnowing(folder: TableFolder, { run, slo, duration, fleet }: TablesOfRun, warmup: Micros): RunTables {
  const table = <T>(name: string, columns: readonly ParquetColumn<T>[]): ParquetTable<T> =>
    new ParquetTable(columnsOfRun(run, columns), (bytes) => folder.append(name, bytes))
  const requestTable = table('requests.parquet', REQUEST_COLUMNS)
  const attemptTable = table('attempts.parquet', ATTEMPT_COLUMNS)
  const delayTable = table('delays.parquet', DELAY_COLUMNS)
  const requests = new RequestRows({ slo, warmup, duration }, (record) => requestTable.add(record))
  const attempts = new AttemptRows({
    attempt: (record) => attemptTable.add(record),
    delay: (record) => delayTable.add(record),
  })
  const macs = new MacRows(fleet, warmup, duration)
  return {
    row(row) {
      requests.row(row)
      attempts.row(row)
      macs.row(row)
    },
    end(result) {
      requests.end()
      attempts.end()
      macs.end()
      for (const each of [requestTable, attemptTable, delayTable]) each.finish()
      folder.write('macs.parquet', parquetFile(columnsOfRun(run, MAC_COLUMNS), macs.macs))
      writeResultTables(folder, [result])
    },
  }
}
