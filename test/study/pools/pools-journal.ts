/**
 * Finished runs, a line each, as they come: a study that is stopped goes on where it was. A line counts only for the same
 * scenario and the same simulator, so whatever was changed is run anew.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { RunRecord } from './pools-record.ts'

interface Line {
  readonly build: string
  readonly run: RunRecord
}

export class Journal {
  private readonly runs = new Map<string, RunRecord>()

  constructor(
    private readonly file: string,
    private readonly build: string,
  ) {
    mkdirSync(dirname(file), { recursive: true })
    if (!existsSync(file)) return
    for (const text of readFileSync(file, 'utf8').split('\n')) {
      const line = lineOf(text)
      if (line?.build === build) this.keep(line.run)
    }
  }

  find(key: string, seed: number, scenario: string): RunRecord | undefined {
    const run = this.runs.get(`${key} ${seed}`)
    return run?.scenario === scenario ? run : undefined
  }

  add(run: RunRecord): void {
    appendFileSync(this.file, `${JSON.stringify({ build: this.build, run } satisfies Line)}\n`)
    this.keep(run)
  }

  private keep(run: RunRecord): void {
    this.runs.set(`${run.key} ${run.seed}`, run)
  }
}

/** The last line of a study that was killed may be half a line. */
function lineOf(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line
  } catch {
    return undefined
  }
}
