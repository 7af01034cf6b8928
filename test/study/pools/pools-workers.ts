/** Runs of the study on processes of their own, which take the next one as they finish. */
import { type ChildProcess, fork } from 'node:child_process'
import { dirname, join } from 'node:path'
import type { Cell } from './pools-design.ts'
import type { RunRecord } from './pools-record.ts'

export interface Task {
  readonly cell: Cell
  readonly seed: number
}

const WORKER = join(dirname(import.meta.filename), 'pools-worker.js')

/** In the order of the tasks; `onRun` hears of each as soon as it is there. */
export async function runTasks(
  tasks: readonly Task[],
  processes: number,
  onRun: (run: RunRecord) => void,
): Promise<void> {
  const left = [...tasks]
  const workers = Array.from({ length: Math.min(processes, tasks.length) }, async () => {
    const child = fork(WORKER)
    for (let task = left.shift(); task !== undefined; task = left.shift()) onRun(await perform(child, task))
    child.kill()
  })
  await Promise.all(workers)
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
