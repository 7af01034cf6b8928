/**
 * `npm start`: the headline under both gates on a few seeds, now, beside what the study has of many others. Ends with the answer
 * in one line per arm, what it rests on, and where to go from there.
 */
import { availableParallelism } from 'node:os'
import { CELLS } from './pools/pools-design.ts'
import { readStudy } from './pools/pools-store.ts'
import { runTasks } from './pools/pools-workers.ts'
import { startText } from './start-text.ts'
import type { RunRecord } from './pools/pools-record.ts'

/** As many as fit into a minute on two idle cores. */
const LIVE_SEEDS = [1, 2, 3, 4, 5, 6, 7, 8]

const cells = CELLS.filter(({ part }) => part === 'headline')
const tasks = LIVE_SEEDS.flatMap((seed) => cells.map((cell) => ({ cell, seed })))
const live = new Map<string, RunRecord[]>(cells.map(({ key }) => [key, []]))
let done = 0
await runTasks(tasks, Math.min(availableParallelism(), 4), (run) => {
  live.get(run.key)!.push(run)
  done += 1
  if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${tasks.length} half hours`)
})
if (process.stderr.isTTY) process.stderr.write('\r                         \r')
process.stdout.write(`${startText(live, readStudy())}\n`)
