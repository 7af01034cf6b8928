/**
 * Finished runs, a line each, as they come: a study that is stopped goes on where it was. A line counts only for the same
 * scenario and the same simulator, so whatever was changed is run anew.
 */
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { RunRecord } from './pools-record.ts'

/** Rooms that can change a run. The lab, its reports and its command line only look at it. */
const ROOMS = [
  'base',
  'kernel',
  'catalog',
  'protocol',
  'trace',
  'demand',
  'mac',
  'plug',
  'coordinator',
  'policy',
  'scenario',
  'metrics',
  'simulation',
]

/** Of the source of the simulator. */
export function buildDigest(): string {
  const files = ['sim/simulation.ts']
  for (const room of ROOMS) {
    for (const name of readdirSync(join('sim', room), { recursive: true, encoding: 'utf8' }).toSorted())
      if (/\.(?:ts|json)$/.test(name)) files.push(join('sim', room, name))
  }
  const hash = createHash('sha256')
  for (const file of files) hash.update(file).update(readFileSync(file))
  return hash.digest('hex')
}

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
