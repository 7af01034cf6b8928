/**
 * Settings as somebody would write them down: the preset, and what differs from it, in the form a scenario takes. The schema
 * keeps numbers and forgets their units, so each value is offered back to it in every form a quantity has, and the first that
 * is read as the same value stands.
 */
import { must } from '../../base/assert.ts'
import { type CoordinatorSettings, coordinatorSettingsSchema } from '../config.ts'
import { settingsWritten } from './format.ts'

export type WrittenSettings = { readonly [name: string]: unknown }

/** For `fleetlab.decide/1`: reading them gives these settings again. */
export function writtenSettings(settings: CoordinatorSettings): WrittenSettings {
  const { preset } = settings
  const base = coordinatorSettingsSchema.parse(settingsWritten({ settings: { preset } }))
  const written: { [name: string]: unknown } = { preset }
  for (const name of Object.keys(settings) as (keyof CoordinatorSettings)[]) {
    if (!isSame(settings[name], base[name])) written[name] = inputFor(name, settings[name])
  }
  return written
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

function inputFor(name: keyof CoordinatorSettings, value: unknown): unknown {
  const schema = coordinatorSettingsSchema.shape[name]
  for (const form of formsOf(value)) {
    const read = schema.safeParse(form)
    if (read.success && isSame(read.data, value)) return form
  }
  return must(undefined, `the setting ${name} has a form that it can be written in`)
}

/** As it is, as microseconds, bytes or per cent; a group of settings in every mixture of these. */
function* formsOf(value: unknown): Generator {
  yield value
  if (typeof value === 'number') {
    yield `${value}us`
    yield `${value}B`
    yield `${Number((value * 100).toPrecision(15))}%`
  } else if (typeof value === 'object' && value !== null && !Array.isArray(value))
    yield* mixtures(Object.entries(value))
}

function* mixtures(entries: readonly [string, unknown][]): Generator<{ readonly [key: string]: unknown }> {
  const [first, ...rest] = entries
  if (first === undefined) {
    yield {}
    return
  }
  const [key, value] = first
  for (const form of formsOf(value)) for (const others of mixtures(rest)) yield { [key]: form, ...others }
}
