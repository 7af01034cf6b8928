/** What the coordinator is handed from outside. It never touches the kernel or a Mac: time, timers and wires are ports. */
import type { Brand } from '../base/brand.ts'
import type { BuildId, ModelName, ProviderId } from '../base/ids.ts'
import type { Micros } from '../base/time.ts'
import type { Answer, ToProvider } from '../protocol/index.ts'
import type { TraceSink } from '../trace/row.ts'

export type TimerId = Brand<number, 'TimerId'>

export interface CoordinatorPorts {
  now(): Micros
  /** `decision`: work of the coordinator itself that ends then; `timer`: a time-out or tick, which runs after all messages of its instant. */
  after(delay: Micros, kind: 'decision' | 'timer', run: () => void): TimerId
  /** No effect when it has already run. */
  cancelTimer(timer: TimerId): void
  /** Arrives after the network's delay, in order; dropped when the connection has closed meanwhile. */
  send(provider: ProviderId, message: ToProvider): void
  answer(answer: Answer): void
  /** The coordinator gives this connection up; what the provider still sends on it is lost. */
  close(provider: ProviderId): void
  readonly trace: TraceSink
}

/** A build as the coordinator's own catalog knows it. */
export interface CatalogEntry {
  readonly build: BuildId
  /** Decimal GB; 0 = unknown. */
  readonly size_gb: number
  /** 0 = unknown. */
  readonly minRam_gb: number
  readonly contextLimit: number
  /** Injected when the client gave no max_tokens; 0: 8,192. */
  readonly maxOutput: number
  /** What the files must hash to; absent or '' = not enforced. */
  readonly weightHash?: string
}

export interface AliasSetting {
  readonly name: ModelName
  readonly desired: BuildId | ''
  readonly previous: BuildId | ''
  readonly retired: readonly BuildId[]
}
