/** The lab's ports where runs go to a queue. What talks to the server is loaded only then. */
import type { LabPorts } from '../../lab/compare/experiment.ts'
import type { Runner } from '../../lab/runs/ports.ts'
import { buildId } from '../files/build-id.ts'
import type { Console } from '../output/console.ts'
import { refuse } from '../exit.ts'
import { nodeFiles } from '../files/files.ts'
import { resolvePolicy } from '../policy-files/policy-source.ts'
import { SnapshotFiles } from '../files/snapshot-files.ts'
import { parseQueueAddress, type QueueAddress } from './address.ts'
import type { QueueLine } from './queue-line.ts'

export interface QueuePorts {
  readonly ports: LabPorts & { readonly files: SnapshotFiles }
  /** Leaves the queue. */
  close(): Promise<void>
}

/** What was typed is not repeated: it may hold a password. */
export function queueAddressOf(text: string): QueueAddress {
  const address = parseQueueAddress(text)
  return address.ok ? address.value : refuse(`--queue ${address.error}`)
}

export function queuePorts(text: string, console: Console): QueuePorts {
  const address = queueAddressOf(text)
  const build = buildId()
  const files = new SnapshotFiles(nodeFiles)
  let opening: Promise<QueueLine> | undefined
  const note = (words: string): void => console.note(words)
  const line = async (signal: AbortSignal): Promise<QueueLine> => {
    const { QueueLine: Line } = await import('./queue-line.ts')
    opening ??= Line.open(address, build, { onStatus: (words) => console.status?.(words), onNote: note }, signal)
    return opening
  }
  const runner: Runner = {
    async run(...run) {
      const { queueRunner } = await import('./queue-runner.ts')
      await queueRunner({ build, files, line, note }).run(...run)
    },
  }
  return {
    ports: { files, runner, resolvePolicy },
    async close() {
      const open = await opening?.catch(() => undefined)
      await open?.close()
    },
  }
}
