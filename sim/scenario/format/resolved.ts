/** The scenario as the simulation takes it: units are numbers, names are what they name, every Mac stands for itself. */
import { must } from '../../base/assert.ts'
import type { BuildId, MachineIndex, ModelName } from '../../base/ids.ts'
import type { ByName } from '../../base/names.ts'
import {
  type ChipSpec,
  DEFAULT_CHASSIS,
  findChassis,
  type ModelSpec,
  type ThermalSpec,
  thermalSpec,
} from '../../catalog/index.ts'
import { type DemandStream, isMixOfTrace, modelOfLabel } from '../../demand/config.ts'
import type { TraceFile } from '../../demand/recorded/trace-file.ts'
import { type FleetEntry, type HeatSettings, type ProviderAttributes, providerAttributes } from '../../mac/config.ts'
import type { Aliases } from './alias.ts'
import { type ChipEntries, chipNamed } from './chip-entry.ts'
import { modelSpecOf, pinnedHashes } from './model-entry.ts'
import type { ScenarioDocument } from './schema.ts'

export interface Machine {
  readonly index: MachineIndex
  /** Its `id`, or `mac-` and its place in the fleet, from 1. */
  readonly serial: string
  readonly chip: ChipSpec
  readonly memoryBytes: number
  readonly chassis: string
  readonly thermal: ThermalSpec
  readonly heat: HeatSettings
  readonly macos: number
  readonly otherProcess: FleetEntry['machine']['other_process']
  /** Held by the OS and other programs; undefined: drawn. */
  readonly osBytes: number | undefined
  /** In advertised order. */
  readonly advertises: readonly ModelSpec[]
  /** undefined: what the policy names as the provider default. */
  readonly maxModelSlots: number | undefined
  readonly resident: readonly BuildId[]
  readonly churn: FleetEntry['churn']
  readonly standing: FleetEntry['standing']
  readonly pageCache: readonly BuildId[] | undefined
  readonly lies: FleetEntry['lies']
  /** Of the provider program. */
  readonly version: string
  /** On the disk, and not offered. */
  readonly disk: readonly ModelSpec[]
  readonly provider: ProviderAttributes
}

export interface Scenario extends Omit<ScenarioDocument, 'models' | 'chips' | 'fleet'> {
  readonly models: readonly ModelSpec[]
  /** Those of its own, used or not. */
  readonly chips: readonly ChipSpec[]
  /** What the coordinator's catalog pins, by build. */
  readonly weightHashes: ByName<string>
  /** The fleet, Mac by Mac. */
  readonly machines: readonly Machine[]
  /** Names that clients ask for, in the order of the demand. */
  readonly publicModels: readonly ModelName[]
  /** Under which of those names a build's figures are found. */
  publicNameOf(build: string): ModelName
}

/** Names must lead somewhere: semantics.ts has said so before. */
export function resolveScenario(document: ScenarioDocument, traces: ReadonlyMap<string, TraceFile>): Scenario {
  const { fleet, models: entries, chips, ...rest } = document
  const models = entries.map((entry) => must(modelSpecOf(entry), 'scenario: a model outside the catalog'))
  const publicModels = askedNames(document.demand, traces)
  return {
    ...rest,
    models,
    chips: Object.keys(chips).map((name) => must(chipNamed(name, chips), 'scenario: a chip that cannot be told')),
    weightHashes: pinnedHashes(entries),
    machines: machinesOf(fleet, chips, new Map(models.map((model) => [model.build, model]))),
    publicModels,
    publicNameOf: (build) => publicName(build, publicModels, document.aliases),
    timeline: document.timeline.toSorted((a, b) => a.at - b.at),
  }
}

/** Every name that some stream asks for, in order of appearance; where traces are not read yet, without the labels in them. */
export function askedNames(
  demand: readonly DemandStream[],
  traces: ReadonlyMap<string, TraceFile> = new Map(),
): readonly ModelName[] {
  return [...new Set(demand.flatMap((stream) => namesOf(stream, traces)))]
}

function namesOf(stream: DemandStream, traces: ReadonlyMap<string, TraceFile>): readonly ModelName[] {
  if ('requests' in stream) return stream.requests.map((request) => request.model)
  const { mix, arrivals } = stream
  if (!isMixOfTrace(mix)) return Object.keys(mix)
  const labels = ('trace' in arrivals && traces.get(arrivals.trace)?.labels) || []
  return labels.filter((label) => mix.only?.includes(label) ?? true).map((label) => modelOfLabel(mix, label))
}

/** The first name asked for that leads to the build; for a build nobody asks for, its own. */
function publicName(build: string, asked: readonly ModelName[], aliases: Aliases): ModelName {
  const leadsTo = (name: ModelName): boolean => {
    const alias = aliases[name]
    return alias === undefined
      ? name === build
      : alias.desired === build || alias.previous === build || alias.retired.some((former) => former === build)
  }
  return asked.find(leadsTo) ?? build
}

function machinesOf(
  entries: readonly FleetEntry[],
  chips: ChipEntries,
  models: ReadonlyMap<string, ModelSpec>,
): readonly Machine[] {
  const machines: Machine[] = []
  // One object a chip, however many entries of the fleet name it.
  const specs = new Map(
    [...new Set(entries.map(({ machine }) => machine.chip))].map((name) => [name, chipNamed(name, chips)]),
  )
  for (const entry of entries) {
    const chip = must(specs.get(entry.machine.chip), 'scenario: a chip that nobody knows')
    const chassisName = entry.machine.chassis ?? DEFAULT_CHASSIS[chip.tier]
    const chassis = must(findChassis(chassisName), 'scenario: a chassis outside the catalog')
    const shared = {
      chip,
      memoryBytes: entry.machine.memory,
      chassis: chassisName,
      thermal: must(thermalSpec(chassis, chip), 'scenario: a chip in a chassis it was never sold in'),
      heat: { ambient_c: entry.machine.ambient_c, lid: entry.machine.lid, power_mode: entry.machine.power_mode },
      macos: entry.machine.macos,
      otherProcess: entry.machine.other_process,
      osBytes: entry.machine.os_memory,
      advertises: entry.advertises.map((build) => must(models.get(build), 'scenario: an unknown build advertised')),
      maxModelSlots: entry.max_model_slots,
      resident: entry.resident as readonly string[] as readonly BuildId[],
      churn: entry.churn,
      standing: entry.standing,
      pageCache: entry.page_cache as readonly string[] | undefined as readonly BuildId[] | undefined,
      lies: entry.lies,
      version: entry.version,
      disk: entry.disk.map((build) => must(models.get(build), 'scenario: an unknown build on the disk')),
      provider: providerAttributes(entry),
    }
    for (let i = 0; i < (entry.count ?? 1); i++) {
      machines.push({
        ...shared,
        index: machines.length as MachineIndex,
        serial: serialOf(entry, machines.length),
      })
    }
  }
  return machines
}

/** `place` in the whole fleet, from 0. */
export const serialOf = (entry: FleetEntry, place: number): string => entry.id ?? `mac-${place + 1}`
