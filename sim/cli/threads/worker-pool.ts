/** A pool of worker threads: for the length of one command, or for as long as one waits for work. */
import type { MessagePort } from 'node:worker_threads'
import { Tinypool } from 'tinypool'
import type { TaskOutcome, WorkerTask } from './worker-task.ts'

/** Gives one task to a worker; what is listed is moved to it instead of copied. Its own signal ends its thread, and another takes the place. */
export type Perform = <T extends WorkerTask>(
  task: T,
  moved?: readonly MessagePort[],
  signal?: AbortSignal,
) => Promise<TaskOutcome<T>>

export interface WorkerPool {
  readonly perform: Perform
  destroy(): Promise<void>
}

/** `worker` is the built worker's URL, because threads cannot load TypeScript on Node 20. */
export function openPool(worker: URL, threads: number): WorkerPool {
  const pool = new Tinypool({ filename: worker.href, minThreads: threads, maxThreads: threads })
  return {
    perform: async (task, moved = [], signal) =>
      (await pool.run(task, {
        transferList: [...moved],
        ...(signal !== undefined && { signal }),
      })) as TaskOutcome<typeof task>,
    destroy: () => pool.destroy(),
  }
}

/**
 * Runs `work` once per item, in as many lanes as there are threads, each lane taking the next item: a grid of thousands
 * holds no thousands of tasks.
 */
export async function withWorkers<Item>(
  worker: URL,
  threads: number,
  items: readonly Item[],
  signal: AbortSignal,
  work: (item: Item, index: number, perform: Perform) => Promise<void>,
): Promise<void> {
  signal.throwIfAborted()
  const count = Math.min(threads, items.length)
  if (count === 0) return
  const pool = openPool(worker, count)
  const perform: Perform = (task, moved, own) =>
    pool.perform(task, moved, own === undefined ? signal : AbortSignal.any([signal, own]))
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++
      await work(items[index]!, index, perform)
    }
  }
  try {
    await Promise.all(Array.from({ length: count }, lane))
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    await pool.destroy()
  }
}
