/** What stays the same about one Mac for a whole run: the hardware, its owner's choices, and the ports it works through. */
import type { BuildId, MachineIndex } from '../base/ids.ts'
import type { ThermalSpec } from '../catalog/chassis.ts'
import type { ChipSpec } from '../catalog/chip.ts'
import type { ModelError } from '../catalog/model-error.ts'
import type { EngineVersion, ModelSpec } from '../catalog/model.ts'
import type { RandomSource, RandomStream, Scheduler } from '../kernel/scheduler.ts'
import type { FromProvider } from '../protocol/index.ts'
import type { TraceSink } from '../trace/row.ts'
import type { FleetEntry, HeatSettings, MacSettings } from './config.ts'
import type { ProviderAttributes } from './program/provider/config.ts'
import type { Relied } from './relied.ts'

/** Where the scenario names none. */
export const MACOS_DEFAULT = 26

/** The Mac's end of its socket. Delay and order of the network are added behind it. */
export interface Link {
  open(): void
  send(message: FromProvider): void
  close(): void
}

export interface MacOptions {
  readonly machine: MachineIndex
  readonly serial: string
  readonly version: string
  readonly chip: ChipSpec
  readonly memoryBytes: number
  /** undefined: drawn. */
  readonly osBytes?: number | undefined
  /** Major version of macOS: sets the GPU's wired limit, and how processes share the GPU. Absent: MACOS_DEFAULT. */
  readonly macos?: number | undefined
  /** Absent: a chassis that never throttles, in a cool room. */
  readonly thermal?: ThermalSpec
  readonly heat?: HeatSettings
  /** Another process on the GPU. */
  readonly otherProcess?: FleetEntry['machine']['other_process']
  /** In advertised order. Builds too large for the Mac are left out, as the start-up scan does. */
  readonly advertises: readonly ModelSpec[]
  /** On the disk besides those. */
  readonly disk?: readonly ModelSpec[]
  /** Absent: good in every respect. */
  readonly provider?: ProviderAttributes
  /** A build that may be desired of the Mac. */
  modelOf(build: BuildId): ModelSpec | undefined
  /** What its files of a build hash to; '' = unknown. */
  weightHashOf(build: BuildId): string
  readonly maxModelSlots: number
  readonly resident: readonly BuildId[]
  readonly churn?: FleetEntry['churn']
  /** Absent: nothing is wrong with it. */
  readonly standing?: FleetEntry['standing']
  /** Whose files the page cache holds when the run starts, the least recently read first. Absent: nobody's. */
  readonly pageCache?: readonly BuildId[] | undefined
  /** Absent: honest. */
  readonly lies?: FleetEntry['lies']
  readonly settings: MacSettings
  /** How far off the model is about this Mac; absent: as calibrated. */
  readonly modelError?: ModelError | undefined
  readonly engine: EngineVersion
  readonly scheduler: Scheduler
  readonly random: RandomSource
  readonly trace: TraceSink
  /** Where to say that the run rests on something unmeasured. Absent: nobody asks. */
  readonly relied?: Relied
  readonly link: Link
  /** Place of a build in the scenario's list: its bit in the row `machine_state`. */
  buildBit(build: BuildId): number
}

/** The stream of one purpose of one Mac. */
export const macStream = (options: MacOptions, purpose: string): RandomStream =>
  options.random.stream(`mac/${options.serial}/${purpose}`)
