/**
 * `load_model` commands (provider-runtime.md §3.8). They run in tasks of their own and block nothing; commands for a
 * build whose preload is running subscribe to it, so one socket may get the same terminal status twice.
 */
import { must } from '../../base/assert.ts'
import type { BuildId } from '../../base/ids.ts'
import type { ProviderErrorText } from '../../protocol/index.ts'
import type { Assignment } from './assignment.ts'
import type { Connection } from './connection.ts'
import type { Loader } from '../loading/loader.ts'
import type { LoadFailure } from '../loading/load-failure.ts'

export class Preloads {
  /** Connections to be told, by build. */
  private readonly subscribers = new Map<BuildId, number[]>()

  constructor(
    private readonly loader: Loader,
    private readonly connection: Connection,
    private readonly assignment: Assignment,
  ) {}

  command(build: BuildId): void {
    const { connection, subscribers } = this
    if (this.loader.resident(build) !== undefined) {
      return connection.send({ kind: 'load_status', build, status: 'succeeded' })
    }
    connection.send({ kind: 'load_status', build, status: 'started' })
    const running = subscribers.get(build)
    if (running !== undefined) {
      running.push(connection.number)
      return
    }
    subscribers.set(build, [connection.number])
    this.assignment.ensure(build, 'command', (failure) => this.ended(build, failure))
  }

  /** The program drains for an update, or is assigned to another build. */
  refuse(build: BuildId, text: ProviderErrorText): void {
    this.connection.send({ kind: 'load_status', build, status: 'failed', text })
  }

  powerOff(): void {
    this.subscribers.clear()
  }

  private ended(build: BuildId, failure: LoadFailure | undefined): void {
    const numbers = must(this.subscribers.get(build), 'preloads: a preload ends once')
    this.subscribers.delete(build)
    for (const number of numbers) {
      this.connection.reply(
        number,
        failure === undefined
          ? { kind: 'load_status', build, status: 'succeeded' }
          : { kind: 'load_status', build, status: 'failed', text: failure.text },
      )
    }
  }
}
