/** Logs in memory, and what an import makes of them. */
import { formatProblem } from '../../sim/base/result.ts'
import { readZone } from '../../sim/base/calendar.ts'
import { importLogs, type ImportOptions } from '../../sim/import/import-logs.ts'
import type { ImportReport } from '../../sim/import/report.ts'
import { runsInMemory } from '../../sim/import/reading/runs-in-memory.ts'

export interface Imported {
  readonly report: ImportReport
  /** By name. */
  readonly files: { readonly [name: string]: string }
  /** Rows of trace.csv, by column. */
  readonly rows: readonly { readonly [column: string]: string }[]
}

export interface Flags extends Partial<Omit<ImportOptions, 'time' | 'renames'>> {
  readonly time?: ImportOptions['time']
  readonly models?: { readonly [from: string]: string }
}

export const utc = { name: 'UTC', ahead: () => 0 }
export const zone = (text: string) => ({ name: text, ahead: () => readZone(text)! })

/** In pieces of this many characters, as a disk gives them. */
const PIECE = 1_000

async function* pieces(text: string): AsyncGenerator<string> {
  for (let from = 0; from < text.length; from += PIECE) yield text.slice(from, from + PIECE)
}

async function attempted(logs: { readonly [name: string]: string }, { time = {}, models = {}, ...flags }: Flags) {
  const files: { [name: string]: string } = {}
  const sources = Object.entries(logs).map(([name, text]) => ({ name, text: () => pieces(text) }))
  const result = await importLogs(
    sources,
    { strict: false, name: 'day', ...flags, time, renames: new Map(Object.entries(models)) },
    { runs: runsInMemory(), append: (name, text) => void (files[name] = (files[name] ?? '') + text) },
  )
  return { result, files }
}

export async function imported(
  logs: string | { readonly [name: string]: string },
  flags: Flags = {},
): Promise<Imported> {
  const { result, files } = await attempted(typeof logs === 'string' ? { log: logs } : logs, flags)
  if (!result.ok) throw new Error(result.error.map(formatProblem).join('\n'))
  return { report: result.value, files, rows: rowsOf(files['trace.csv']!) }
}

/** The message of an import that is refused. */
export async function refusal(logs: string | { readonly [name: string]: string }, flags: Flags = {}): Promise<string> {
  const { result } = await attempted(typeof logs === 'string' ? { log: logs } : logs, flags)
  if (result.ok) throw new Error('was imported')
  return result.error.map(formatProblem).join('\n')
}

export function rowsOf(text: string): readonly { readonly [column: string]: string }[] {
  const [head, ...lines] = text.trimEnd().split('\n')
  const columns = head!.split(',')
  return lines.map((line) => {
    const cells = line.split(',')
    return Object.fromEntries(columns.map((column, i) => [column, cells[i]!]))
  })
}

/** Times, lengths and endings of the trace, in numbers. */
export const summaryOf = ({
  rows,
}: Imported): readonly (readonly [at: number, prompt: number, output: number, ending: string])[] =>
  rows.map((row) => [
    Math.round(Number(row['arrival_s']) * 1e6),
    Number(row['prompt_tokens']),
    Number(row['output_tokens']),
    row['recorded']!,
  ])
