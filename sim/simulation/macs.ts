/** The fleet of one run, Mac by Mac, behind whatever links it is given: simulated wires, or real ones. */
import type { BuildId, MachineIndex } from '../base/ids.ts'
import type { RandomSource, Scheduler } from '../kernel/scheduler.ts'
import { StepLaws } from '../mac/engine/law/step-laws.ts'
import { type Link, Mac } from '../mac/mac.ts'
import type { Relied } from '../mac/relied.ts'
import type { Scenario } from '../scenario/index.ts'
import type { TraceSink } from '../trace/row.ts'
import { type ErrorsByClass, macClassOf } from './model-errors.ts'

export interface MacsParts {
  readonly scenario: Scenario
  /** As this run starts. */
  readonly machines: Scenario['machines']
  /** Of those that name none of their own. */
  readonly maxModelSlots: number
  readonly scheduler: Scheduler
  readonly random: RandomSource
  readonly trace: TraceSink
  readonly modelErrors: ErrorsByClass
  readonly relied: Relied
  linkFor(place: MachineIndex, serial: string): Link
}

/** By serial, in fleet order. */
export function buildMacs(parts: MacsParts): ReadonlyMap<string, Mac> {
  const { scenario, machines, maxModelSlots, scheduler, random, trace, modelErrors, relied, linkFor } = parts
  const bits = new Map(scenario.models.map((model, bit) => [model.build, bit]))
  const models = new Map(scenario.models.map((model) => [model.build, model]))
  const laws = new StepLaws(scenario.engine, scenario.mac.prefill_speed)
  const macs = new Map<string, Mac>()
  for (const [index, machine] of machines.entries()) {
    const place = index as MachineIndex
    const mac = new Mac(
      {
        ...machine,
        machine: place,
        maxModelSlots: machine.maxModelSlots ?? maxModelSlots,
        settings: scenario.mac,
        modelError: modelErrors.get(macClassOf(machine)),
        engine: scenario.engine,
        scheduler,
        random,
        trace,
        relied,
        link: linkFor(place, machine.serial),
        modelOf: (build) => models.get(build),
        weightHashOf: (build) => machine.provider.weight_hashes[build] ?? scenario.weightHashes[build] ?? build,
        buildBit: (build: BuildId) => bits.get(build) ?? -1,
      },
      laws,
    )
    macs.set(machine.serial, mac)
  }
  return macs
}
