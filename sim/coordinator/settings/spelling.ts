/**
 * A setting as somebody pasted it: with the real prefix or without, under a name it had before, its value as an environment
 * file holds it, or one that the lab does not model.
 */
import { z } from 'zod'
import { flagOf, listOf, mapOf, numberOf } from '../../base/environment.ts'
import { findAbsentSetting, whyRefused } from './absent.ts'
import { isSetting, type SettingName, SETTINGS, settingFacts } from './list.ts'

export const ENVIRONMENT_PREFIX = 'EIGENINFERENCE_'

const FORMER_NAMES: ReadonlyMap<string, string> = new Map(
  Object.keys(SETTINGS).flatMap((name) => (settingFacts(name)?.formerly ?? []).map((former) => [former, name])),
)

/** Names a setting goes by besides its own: what it was called before, and the real variables with the prefix. */
export function spellingsOf(name: string): readonly string[] {
  const facts = settingFacts(name)
  if (facts === undefined) return []
  const { formerly = [], named } = facts
  return [...formerly, ...(named === 'real' ? [name, ...formerly].map((each) => ENVIRONMENT_PREFIX + each) : [])]
}

/** Once: a name with two prefixes is no variable, however often it is read. */
const withoutPrefix = (spelt: string): string => {
  const bare = spelt.startsWith(ENVIRONMENT_PREFIX) ? spelt.slice(ENVIRONMENT_PREFIX.length) : spelt
  return bare.startsWith(ENVIRONMENT_PREFIX) ? spelt : bare
}

/** What only the lab calls so is no variable of the real program. */
const isWronglyPrefixed = (spelt: string): boolean =>
  spelt.startsWith(ENVIRONMENT_PREFIX) && settingFacts(withoutPrefix(spelt))?.named === 'ours'

/** The name under which a setting is kept, whichever way it is spelt; without the prefix when it is none that is known. */
export function settingName(spelt: string): string {
  if (isWronglyPrefixed(spelt)) return spelt
  const bare = withoutPrefix(spelt)
  return FORMER_NAMES.get(bare) ?? bare
}

export const isMap = (input: unknown): input is { readonly [key: string]: unknown } =>
  typeof input === 'object' && input !== null && !Array.isArray(input)

export interface SettingComplaint {
  /** As written. */
  readonly key: string
  readonly message: string
}

export interface SettingsReading {
  /** Every setting once, under the name it is kept under, its value as a scenario would write it. */
  readonly settings: unknown
  readonly complaints: readonly SettingComplaint[]
}

/**
 * Settings as somebody pasted them: with or without the prefix, values as an environment holds them. A real setting that is not
 * modelled may be given only at a value that is true of the lab as it is, and drops out. What is no setting at all, and what is
 * no map, is left for the schema to refuse.
 */
export function readSettings(written: unknown): SettingsReading {
  if (!isMap(written)) return { settings: written, complaints: [] }
  const settings = new Map<string, unknown>()
  const spelt = new Map<string, string>()
  const complaints: SettingComplaint[] = []
  for (const [key, value] of Object.entries(written)) {
    const name = settingName(key)
    const before = spelt.get(name)
    const message =
      before === undefined ? whyUnreadable(key, name, value) : `is the same setting as \`${before}\`; keep one of them`
    spelt.set(name, key)
    if (message !== undefined) complaints.push({ key, message })
    else if (isSetting(name) || findAbsentSetting(name) === undefined) settings.set(name, valueOf(name, value))
  }
  return { settings: Object.fromEntries(settings), complaints }
}

function whyUnreadable(key: string, name: string, value: unknown): string | undefined {
  if (isWronglyPrefixed(key))
    return `is no variable of the real coordinator; the lab calls the setting \`${withoutPrefix(key)}\``
  const absent = isSetting(name) ? undefined : findAbsentSetting(name)
  return absent === undefined ? undefined : whyRefused(absent, value)
}

/** From the form of an environment file to that of a scenario; anything else stays, for the schema to take or refuse. */
function valueOf(name: string, written: unknown): unknown {
  const facts = settingFacts(name)
  if (facts === undefined || !isSetting(name)) return written
  const kind = kindOf(SETTINGS[name])
  if (kind === 'boolean' && (typeof written === 'string' || typeof written === 'number'))
    return flagOf(written, facts.words) ?? written
  if (kind === 'record' && isMap(written)) return withChipClasses(name, written)
  if (typeof written !== 'string') return written
  switch (kind) {
    case 'number':
      return numberOf(written) ?? written
    case 'array':
      return written.trim() === facts.emptyList ? [] : listOf(written)
    case 'record': {
      const map = mapOf(written, facts.separator ?? '=')
      if (map === undefined) return written
      return withChipClasses(
        name,
        Object.fromEntries(Object.entries(map).map(([key, value]) => [key, numberOf(value) ?? value])),
      )
    }
    default:
      // Go writes microseconds with either sign.
      return written.replace(/[µμ]s/g, 'us')
  }
}

/** An environment writes a chip class with a bar: `build@M4|Max`. */
function withChipClasses(name: SettingName, map: { readonly [key: string]: unknown }): unknown {
  if (name !== 'MODEL_SOLO_TPS_SEED') return map
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key.replace(/(@[^|]*)\|/, '$1 '), value]))
}

/** Of what a schema takes, under defaults: `boolean`, `number`, `array`, `record`; quantities and text are neither. */
function kindOf(schema: z.core.$ZodType): string {
  let bare = schema
  for (;;) {
    if (bare instanceof z.ZodDefault || bare instanceof z.ZodPrefault) bare = bare.def.innerType
    else if (bare instanceof z.ZodPipe) bare = bare.def.in
    else return bare._zod.def.type
  }
}
