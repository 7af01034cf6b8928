/** Simulated Macs before a stand-in coordinator, on real sockets and a clock that counts turns. */
import { afterEach } from 'vitest'
import type { Micros } from '../../sim/base/time.ts'
import { LiveFleet } from '../../sim/live/macs/fleet.ts'
import { LiveRun } from '../../sim/live/live-run.ts'
import type { RealTimeEnd } from '../../sim/live/time/real-time.ts'
import { Dialler } from '../../sim/live/macs/socket.ts'
import { type LoadedScenario, loadScenario } from '../../sim/scenario/index.ts'
import type { TraceRow } from '../../sim/trace/row.ts'
import { StandInCoordinator, type StandInOptions } from './stand-in/coordinator.ts'
import type { StandInProvider } from './stand-in/provider.ts'
import { TurnClock } from './time/turn-clock.ts'

export const BUILD = 'gpt-oss-20b'
export const OTHER = 'gemma-4-26b-qat-4bit'

/** One Mac with the model loaded, unless told otherwise; `more` is put at the end of the file. */
export const scenarioText = ({
  fleet = `
  - id: mac-a
    machine: {chip: M4 Max 40c, memory: 64GB, chassis: Mac Studio, os_memory: 8GB}
    advertises: [${BUILD}]
    resident: [${BUILD}]`,
  models = BUILD,
  demand = `
  - arrivals: {poisson: 1/s}
    mix: {${BUILD}: 100%}
    lengths: {prompt: 100, output: 7}`,
  more = '',
} = {}): string => `name: live
about: A few Macs.
duration: 1h
engine: 2026-06
models: [${models}]
fleet:${fleet}
demand:${demand}
${more}`

export async function loaded(text: string): Promise<LoadedScenario> {
  const files = {
    read: (path: string) => Promise.resolve(path === 's.yaml' ? text : undefined),
    resolve: (_: string, to: string) => to,
  }
  const scenario = await loadScenario('s.yaml', files)
  if (!scenario.ok) throw new Error(scenario.error.map(({ path, message }) => `${path} ${message}`).join('\n'))
  return scenario.value
}

export interface StartedFleet {
  readonly fleet: LiveFleet
  readonly run: LiveRun
  readonly rows: readonly TraceRow[]
  readonly notes: readonly string[]
  /** Once it has ended, and everything is closed. */
  readonly ended: Promise<RealTimeEnd>
  stop(): Promise<RealTimeEnd>
}

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

export interface FleetOptions {
  readonly text?: string
  readonly until_s?: number
  readonly clock?: TurnClock
}

/** Nothing but the wall can make it late, and that is no matter here. */
const NEVER_BEHIND = Infinity as Micros

export async function startFleet(url: string, options: FleetOptions = {}): Promise<StartedFleet> {
  const { text = scenarioText(), until_s = 3_600, clock = new TurnClock() } = options
  const rows: TraceRow[] = []
  const notes: string[] = []
  const run = new LiveRun({
    seed: 1,
    until: (until_s * 1e6) as Micros,
    clock,
    subscribers: [(row) => rows.push(row)],
    behindMax: NEVER_BEHIND,
  })
  const { dial } = new Dialler(new URL(url))
  const note = (line: string): void => void notes.push(line)
  const fleet = new LiveFleet({ run, loaded: await loaded(text), maxModelSlots: 3, dial, note })
  fleet.start()
  const ended = run.run().finally(() => fleet.end())
  const stop = (): Promise<RealTimeEnd> => {
    run.stop()
    return ended
  }
  closing.push(stop)
  return { fleet, run, rows, notes, ended, stop }
}

export async function aCoordinator(options: StandInOptions = {}): Promise<StandInCoordinator> {
  const coordinator = await StandInCoordinator.start(options)
  closing.push(() => coordinator.stop())
  return coordinator
}

export interface Meeting extends StartedFleet {
  readonly coordinator: StandInCoordinator
  /** The first Mac, which has answered its challenge. */
  readonly mac: StandInProvider
}

/** A fleet and its coordinator, once the first Mac is attested. */
export async function meet(options: FleetOptions = {}): Promise<Meeting> {
  const coordinator = await aCoordinator()
  const fleet = await startFleet(coordinator.webSocketUrl, options)
  const mac = await coordinator.nextAttested()
  return { ...fleet, coordinator, mac }
}

/** A chat body whose prompt is so many tokens. */
export const chat = (more: object = {}, content = 'sun '.repeat(100)): object => ({
  model: BUILD,
  messages: [{ role: 'user', content }],
  stream: true,
  ...more,
})
