/** Tables as a command writes them, and DuckDB to read them. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { armsOf } from '../../../sim/lab/runs/arms.ts'
import { namesOf } from '../../../sim/lab/runs/run-names.ts'
import type { RunResult } from '../../../sim/metrics/result.ts'
import { resolvePolicy } from '../../../sim/cli/policy-files/policy-source.ts'
import { runTables, type TableFolder } from '../../../sim/report/tables/index.ts'
import { type LoadedScenario, withSettings } from '../../../sim/scenario/index.ts'
import { runOf } from '../../simulation/world.ts'

export const aFolder = (): string => mkdtempSync(join(tmpdir(), 'fleetlab-tables-'))

export function folderAt(path: string): TableFolder {
  mkdirSync(path, { recursive: true })
  return {
    write: (name, bytes) => writeFileSync(join(path, name), bytes),
    append: (name, bytes) => appendFileSync(join(path, name), bytes),
  }
}

/** One run of the arm of that name, with its tables in the folder. */
export async function writtenRun(
  loaded: LoadedScenario,
  { arm, seed, folder }: { readonly arm: string; readonly seed: number; readonly folder: TableFolder },
): Promise<RunResult> {
  const arms = await armsOf(loaded, [arm], resolvePolicy)
  if (!arms.ok) throw new Error(arms.error[0]!.message)
  const { settings, policy } = arms.value[0]!
  const changed = withSettings(loaded, settings)
  if (!changed.ok) throw new Error(changed.error[0]!.message)
  const { scenario } = changed.value
  const { name, slo, duration, warmup } = scenario
  const fleet = namesOf(scenario).machines
  const tables = runTables(folder, { run: { scenario: name, policy: arm, seed }, slo, duration, warmup, fleet })
  const builtin = policy.kind === 'builtin' ? policy.name : policy.file
  const { result } = await runOf(changed.value, builtin, { policyName: arm, seed, subscribers: [tables.row] })
  tables.end(result)
  return result
}

export type Asked = (sql: string) => Promise<readonly { readonly [column: string]: unknown }[]>

/** DuckDB with `folder` in the place of `out`. Whole numbers come as numbers. */
export async function duckOver(folder: string): Promise<Asked> {
  const duck = await (await DuckDBInstance.create()).connect()
  return async (sql) => {
    const read = await duck.runAndReadAll(sql.replaceAll("'out/", `'${folder}/`))
    const rows = read.getRowObjectsJS()
    return rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([column, value]) => [column, typeof value === 'bigint' ? Number(value) : value]),
      ),
    )
  }
}

export const removed = (folder: string): void => rmSync(folder, { recursive: true, force: true })
