/**
 * `npm run study:pools -- [PART …] [--workers 2] [--seeds N] [--only TEXT] [--write]`: runs what pools-design.ts lists and is not in the journal
 * yet, then writes docs/pools-study.json and the tables of docs/pools-tables.md. Each part takes at most an hour on two idle cores;
 * stopped, it goes on where it was. `--seeds N`: only the first N seeds of each cell, for a first look. `--only TEXT`: cells whose key holds it. `--write`: run nothing, only write the tables anew.
 */
import { parseArgs } from 'node:util'
import { CELLS, type Part, PARTS } from './pools-design.ts'
import { Journal } from './pools-journal.ts'
import { digestOfCell, loadCell } from './pools-record.ts'
import { writeStudy } from './pools-store.ts'
import { type Task, runTasks } from './pools-workers.ts'
import { writeTables } from './pools-tables.ts'
import { lawOfSources } from '../../../sim/cli/checking/law-of-sources.ts'

const JOURNAL = 'dist/study-results/pools/journal.jsonl'
const NEWS_EVERY = 10

const { values, positionals } = parseArgs({
  options: {
    workers: { type: 'string', default: '2' },
    seeds: { type: 'string', default: String(Number.MAX_SAFE_INTEGER) },
    only: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
const unknown = positionals.filter((name) => !PARTS.some((part) => part === name))
if (unknown.length > 0) throw new Error(`no part ${unknown.join(', ')}; there are ${PARTS.join(', ')}`)
const parts: readonly Part[] = positionals.length === 0 ? PARTS : PARTS.filter((part) => positionals.includes(part))

if (!values.write) {
  const journal = new Journal(JOURNAL, lawOfSources('sim'))
  await runMissing(journal)
  await writeStudy(journal)
}
writeTables()

async function runMissing(journal: Journal): Promise<void> {
  const tasks: Task[] = []
  for (const cell of CELLS.filter(({ part, key }) => parts.includes(part) && key.includes(values.only))) {
    const digest = digestOfCell(await loadCell(cell))
    for (const seed of cell.seeds.slice(0, Number(values.seeds)))
      if (journal.find(cell.key, seed, digest) === undefined) tasks.push({ cell, seed })
  }
  // First seeds first: what is there when it is stopped is whole.
  tasks.sort((a, b) => a.cell.seeds.indexOf(a.seed) - b.cell.seeds.indexOf(b.seed))
  const began = performance.now()
  let done = 0
  await runTasks(tasks, Number(values.workers), (run) => {
    journal.add(run)
    done += 1
    if (done % NEWS_EVERY !== 0) return
    const seconds = Math.round((performance.now() - began) / 1000)
    process.stderr.write(`${done} of ${tasks.length} runs in ${seconds} s\n`)
  })
}
