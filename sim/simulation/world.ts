/**
 * The parts of one run and the wires between them: demand, coordinator and Macs on one kernel, writing to one trace.
 * Nothing is decided here.
 */
import { must } from '../base/assert.ts'
import type { BuildId, MachineIndex } from '../base/ids.ts'
import { addMicros, type Micros } from '../base/time.ts'
import { Coordinator } from '../coordinator/coordinator.ts'
import type { ExplainSink } from '../coordinator/decide/explain/explain-sink.ts'
import type { AliasSetting, TimerId } from '../coordinator/ports.ts'
import { DemandDriver } from '../demand/index.ts'
import { Kernel } from '../kernel/kernel.ts'
import { RandomStreams } from '../kernel/random.ts'
import { type EventId, Priority } from '../kernel/scheduler.ts'
import { Relied } from '../mac/relied.ts'
import type { Policy } from '../plug/index.ts'
import type { LoadedScenario, Scenario } from '../scenario/index.ts'
import type { TraceSink } from '../trace/row.ts'
import { buildMacs } from './macs.ts'
import { type ErrorsByClass, modelErrorsOf } from './model-errors.ts'
import { Network } from './network.ts'
import { drawStart, type Shortfall } from './start-state.ts'
import { policyDraw, policyParameters } from './policy-inputs.ts'
import { aliasSetting, scheduleTimeline } from './timeline.ts'

export interface WorldOptions {
  readonly loaded: LoadedScenario
  readonly policy: Policy
  readonly seed: number
  readonly trace: TraceSink
  readonly explain: ExplainSink | undefined
}

export interface Misfit {
  readonly build: BuildId
  readonly serial: string
}

export interface Started {
  /** Builds a scenario wants resident at the start that did not fit. */
  readonly misfits: readonly Misfit[]
  readonly shortfalls: readonly Shortfall[]
}

export interface World {
  /** How far off the model is about each class of Macs, as drawn; empty: as calibrated. */
  readonly modelErrors: ErrorsByClass
  readonly kernel: Kernel
  readonly demand: DemandDriver
  readonly coordinator: Coordinator
  /** What of the Mac model that nobody has measured the run has come to rest on. */
  readonly relied: Relied
  start(): Started
  /** Writes down what is still under way when the run ends. */
  closeBooks(): void
}

export function buildWorld({ loaded, policy, seed, trace, explain }: WorldOptions): World {
  const { scenario } = loaded
  const kernel = new Kernel()
  const random = new RandomStreams(seed)
  const network = new Network(kernel, scenario.network, random)
  const demand = new DemandDriver({
    streams: scenario.demand,
    upstream: scenario.upstream,
    duration: scenario.duration,
    scheduler: kernel,
    random,
    trace,
    traces: loaded.traces,
    send: (message) => network.fromClient(message),
  })
  const coordinator = new Coordinator({
    settings: scenario.coordinator,
    catalog: catalogOf(scenario),
    aliases: aliasesOf(scenario),
    policy,
    seed,
    machineOf: (provider) => network.machineOf(provider),
    parameters: policyParameters(policy, scenario),
    draws: (name) => policyDraw(random, name),
    ...(explain === undefined ? {} : { explain }),
    ports: {
      now: () => kernel.now,
      after: (delay, kind, run) =>
        kernel.schedule(addMicros(kernel.now, delay), Priority[kind], run) as number as TimerId,
      cancelTimer: (timer) => void kernel.cancel(timer as number as EventId),
      send: (provider, message) => network.toProvider(provider, message),
      close: (provider) => network.closeFromCoordinator(provider),
      answer: (answer) => network.toClient(answer),
      trace,
    },
  })
  network.attachClient(demand)
  network.attachCoordinator(coordinator)
  const modelErrors = modelErrorsOf(scenario, random)
  const relied = new Relied()
  const { machines, shortfalls } = drawStart(scenario, random)
  const macs = buildMacs({
    scenario,
    machines,
    maxModelSlots: policy.maxModelSlotsDefault,
    scheduler: kernel,
    random,
    trace,
    modelErrors,
    relied,
    linkFor: (place, serial) => network.linkFor(place, serial),
  })
  for (const [place, { serial }] of machines.entries())
    network.attachMachine(place as MachineIndex, serial, must(macs.get(serial), 'world: every machine is a Mac'))
  scheduleTimeline({
    entries: scenario.timeline,
    scheduler: kernel,
    coordinator,
    macs,
    random,
    trace,
  })
  return {
    modelErrors,
    kernel,
    demand,
    coordinator,
    relied,
    start() {
      coordinator.start()
      // Macs that join later add theirs when they do.
      const misfits: Misfit[] = []
      const noteAll = (serial: string, builds: readonly BuildId[]): void =>
        void misfits.push(...builds.map((build) => ({ build, serial })))
      for (const { serial, provider } of machines) {
        const mac = must(macs.get(serial), 'world: every machine is a Mac')
        const join = (): void => mac.faults.whenAwake(() => noteAll(serial, mac.join()))
        if (provider.joins === undefined) noteAll(serial, mac.start())
        else kernel.schedule(provider.joins, Priority.timeline, join)
      }
      demand.start()
      return { misfits, shortfalls }
    },
    closeBooks() {
      for (const mac of macs.values()) mac.closeBooks()
      demand.closeBooks()
    },
  }
}

const catalogOf = (scenario: Scenario) =>
  scenario.models.map((model) => ({
    build: model.build,
    size_gb: model.size_gb.value,
    minRam_gb: model.minRam_gb.value,
    contextLimit: model.contextLimit.value,
    maxOutput: model.maxOutput.value,
    weightHash: scenario.weightHashes[model.build] ?? '',
  }))

const aliasesOf = (scenario: Scenario): AliasSetting[] =>
  Object.entries(scenario.aliases).map(([name, alias]) => aliasSetting(name, alias))

/** Arrivals stop at `duration`; what is under way then has this long to end. */
export const DRAIN_LIMIT = (15 * 60 * 1_000_000) as Micros
