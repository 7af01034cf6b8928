/** The parent's messages are tasks, the answers runs. What is wrong with one ends the process, and its parent says so. */
import { loadCell, runCell } from './pools-record.ts'
import type { Task } from './pools-workers.ts'

process.on('message', ({ cell, seed }: Task) => {
  void (async () => {
    process.send!(await runCell(cell, seed, await loadCell(cell)))
  })()
})
