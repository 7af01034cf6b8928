/**
 * `npm run study:pools -- [PART …] [--workers 2] [--seeds N]`: runs what pools-design.ts lists and is not in the journal yet, then
 * writes docs/pools-study.json and the tables of docs/pools-tables.md. Each part takes at most an hour on two idle cores; stopped, it
 * goes on where it was. `--seeds N`: only the first N seeds of each cell, for a first look.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { parseArgs } from 'node:util'
import { CELLS, type Cell, type Part, PARTS } from './pools-design.ts'
import { buildDigest, Journal } from './pools-journal.ts'
import { loadCell, type RunRecord, runCell } from './pools-record.ts'
import { writeStudy } from './pools-store.ts'

const JOURNAL = 'dist/study-results/pools/journal.jsonl'
const WORKER = 'worker'

interface Task {
  readonly cell: Cell
  readonly seed: number
}

/** The parent's messages are tasks, the answers runs. */
function work(): void {
  process.on('message', (task: Task) => {
    void (async () => {
      const scenario = await loadCell(task.cell)
      process.send!(await runCell(task.cell, task.seed, scenario))
    })()
  })
}

async function perform(child: ChildProcess, task: Task): Promise<RunRecord> {
  return new Promise((resolve, reject) => {
    const fail = (code: number | null): void => reject(new Error(`a worker ended with ${code} at ${task.cell.key}`))
    child.once('exit', fail)
    child.once('message', (run) => {
      child.off('exit', fail)
      resolve(run as RunRecord)
    })
    child.send(task)
  })
}

async function study(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { workers: { type: 'string', default: '2' }, seeds: { type: 'string' } },
    allowPositionals: true,
  })
  const unknown = positionals.filter((name) => !PARTS.some((part) => part === name))
  if (unknown.length > 0) throw new Error(`no part ${unknown.join(', ')}; there are ${PARTS.join(', ')}`)
  const parts: readonly Part[] = positionals.length === 0 ? PARTS : PARTS.filter((part) => positionals.includes(part))
  const journal = new Journal(JOURNAL, buildDigest())
  const atMost = values.seeds === undefined ? Number.POSITIVE_INFINITY : Number(values.seeds)
  const tasks: Task[] = []
  for (const cell of CELLS.filter(({ part }) => parts.includes(part))) {
    const { digest } = await loadCell(cell)
    for (const seed of cell.seeds.slice(0, atMost))
      if (journal.find(cell.key, seed, digest) === undefined) tasks.push({ cell, seed })
  }
  // First seeds first: what is there when it is stopped is whole.
  tasks.sort((a, b) => a.cell.seeds.indexOf(a.seed) - b.cell.seeds.indexOf(b.seed))
  let done = 0
  const began = Date.now()
  const workers = Array.from({ length: Number(values.workers) }, async () => {
    const child = fork(import.meta.filename, [WORKER])
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
      journal.add(await perform(child, task))
      done += 1
      if (done % 10 === 0)
        process.stderr.write(`${done} runs in ${Math.round((Date.now() - began) / 1000)} s, ${tasks.length} to go\n`)
    }
    child.kill()
  })
  await Promise.all(workers)
  await writeStudy(journal)
}

if (process.argv[2] === WORKER) work()
else await study()
