/** What can be said of a run from its scenario alone: traces that come round, and which settings a preset has in force. */
import { MICROS_PER_SECOND } from '../base/time.ts'
import { coordinatorSettingsSchema, type PresetName, withPreset } from '../coordinator/config.ts'
import { ringPeriod, startOffset } from '../demand/index.ts'
import type { RunWarning } from '../metrics/result.ts'
import type { PresetInForce } from '../metrics/settings.ts'
import type { LoadedScenario, Scenario } from '../scenario/index.ts'
import type { Misfit } from './world.ts'

/** `90 s`, `58.7 min`, `2 h`. */
function span(micros: number): string {
  const seconds = micros / MICROS_PER_SECOND
  const [value, unit] =
    seconds < 120 ? [seconds, 's'] : seconds < 7_200 ? [seconds / 60, 'min'] : [seconds / 3_600, 'h']
  return `${Math.round(value * 10) / 10} ${unit}`
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** Macs named in a sentence; the others are counted. */
const NAMED = 3

/** A line per build. */
export function misfitWarnings(misfits: readonly Misfit[]): readonly RunWarning[] {
  const serials = new Map<string, string[]>()
  for (const { build, serial } of misfits) serials.set(build, [...(serials.get(build) ?? []), serial])
  const look = 'fleet resident or machine.memory'
  return [...serials].map(([build, on]) => {
    const rest = on.length - NAMED
    const names = on.slice(0, NAMED).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
    return { code: 'does_not_fit', about: build, text: `${build} does not fit ${names}; look at ${look}`, look }
  })
}

/** A replay is a ring: after its period the same arrivals come again, and what is measured then is no new evidence. */
export function wrappingTraces({ scenario, traces }: LoadedScenario): readonly RunWarning[] {
  return scenario.demand.flatMap((stream, place): readonly RunWarning[] => {
    if (!('arrivals' in stream) || !('trace' in stream.arrivals)) return []
    const { arrivals, from, until = scenario.duration } = stream
    const trace = traces.get(arrivals.trace)
    if (trace === undefined) return []
    const period = ringPeriod(trace, arrivals)
    const path = `demand[${place}]`
    const look = `duration, ${path}.until or ${path}.arrivals.trace`
    const begins =
      arrivals.start === undefined || arrivals.start === 'rotate' ? undefined : startOffset(trace, arrivals.start)
    const ends = Math.min(until, scenario.duration)
    if (begins !== undefined) {
      const left = period - begins / (arrivals.stretch ? arrivals.load : 1)
      if (ends <= left) return []
      const told = `${path} replays ${nameOf(arrivals.trace)} to its end after ${span(left)} and goes on at its beginning; look at ${look}`
      return [{ code: 'trace_wraps', about: path, text: told, look }]
    }
    const replayed = ends - from
    if (replayed <= period) return []
    const text = `${path} replays ${nameOf(arrivals.trace)} (${span(period)}) for ${span(replayed)}: the trace wraps and the same arrivals come again; look at ${look}`
    return [{ code: 'trace_wraps', about: path, text, look }]
  })
}

const valuesOf = (name: PresetName | undefined): { readonly [setting: string]: unknown } =>
  coordinatorSettingsSchema.parse(name === undefined ? {} : withPreset({ preset: name }))

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** undefined: the preset in force is that of the defaults. */
export function presetInForce({ coordinator }: Scenario): PresetInForce | undefined {
  const [ofPreset, defaults] = [valuesOf(coordinator.preset), valuesOf(undefined)]
  const settings = Object.entries(coordinator)
    .filter(([name, value]) => name !== 'preset' && isSame(value, ofPreset[name]) && !isSame(value, defaults[name]))
    .map(([name]) => name)
  return settings.length === 0 ? undefined : { name: coordinator.preset, settings }
}
