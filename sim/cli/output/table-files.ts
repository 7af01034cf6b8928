/** `--parquet DIR`: the folder that tables go to. Loaded with the writer only where somebody asks for it. */
import { namesOf } from '../../lab/runs/run-names.ts'
import type { RunJob } from '../../lab/runs/ports.ts'
import type { RunResult } from '../../metrics/result.ts'
import type { RunTables } from '../../report/tables/index.ts'
import type { Scenario } from '../../scenario/index.ts'
import type { Outputs } from './output.ts'

export interface TableFiles {
  /** Tables of one run, filled while it goes. */
  ofRun(of: { readonly job: RunJob; readonly scenario: Scenario }): RunTables
  /** Of many, in whatever order they ended; rows are in the order of the arms, and of seeds within one. */
  ofResults(results: readonly RunResult[], arms: readonly string[]): void
  commit(): Promise<unknown>
}

/** A table that another command left there would pass for one of this. */
const TABLE = /\.parquet$/

export async function tableFiles(outputs: Outputs, path: string): Promise<TableFiles> {
  const { runTables, TABLES, writeResultTables } = await import('../../report/tables/index.ts')
  const folder = outputs.folder(
    '--parquet',
    path,
    TABLES.map(({ file }) => file),
    TABLE,
  )
  return {
    ofRun({ job, scenario }) {
      const { name, slo, duration, warmup } = scenario
      const run = { scenario: name, policy: job.policyName, seed: job.seed }
      return runTables(folder, { run, slo, duration, warmup, fleet: namesOf(scenario).machines })
    },
    ofResults(results, arms) {
      const place = ({ policy }: RunResult): number => arms.indexOf(policy.name)
      writeResultTables(
        folder,
        results.toSorted((a, b) => place(a) - place(b) || a.seed - b.seed),
      )
    },
    commit: () => folder.commit(),
  }
}
