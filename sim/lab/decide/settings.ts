/** The coordinator's settings as a list to read: every one under every preset, and the real ones that the lab does not model. */
import { fail, ok, type Result } from '../../base/result.ts'
import {
  ABSENT_SETTINGS,
  type AbsentSetting,
  ENVIRONMENT_PREFIX,
  findPreset,
  formerName,
  listSettings,
  PRESET_NAMES,
  type PresetName,
  PRESETS,
  presetSettings,
  type SettingEntry,
  settingName,
  spellingsOf,
} from '../../coordinator/config.ts'
import { suggestion } from '../../scenario/reading/suggestion.ts'

export interface ListedSetting {
  readonly name: string
  readonly group: string
  readonly meaning: string
  /** The real program's variable; null: it has none. */
  readonly environment: string | null
  /** Other names it goes by in scenarios. */
  readonly formerly: readonly string[]
  /** Of the name and the default. */
  readonly source: string
  /** What the real one does with it and the lab does not; null: nothing that is known. */
  readonly not_here: string | null
  readonly default: unknown
  /** By preset; `source` where the preset changes the default. */
  readonly presets: { readonly [preset: string]: { readonly value: unknown; readonly source?: string } }
}

export interface ListedAbsent {
  readonly name: string
  readonly environment: string
  readonly meaning: string
  readonly source: string
  /** Values that may be given, because the lab does just that; `any`, or none at all. */
  readonly true_here: AbsentSetting['trueHere']
}

export interface SettingsList {
  readonly format: 'fleetlab.settings/1'
  readonly presets: readonly { readonly name: string; readonly formerly: string | null; readonly about: string }[]
  readonly settings: readonly ListedSetting[]
  readonly not_modelled: readonly ListedAbsent[]
}

export interface SettingsQuestion {
  /** By date or former name; undefined: all. */
  readonly preset: string | undefined
  /** In any spelling; none: all. */
  readonly names: readonly string[]
}

export function settingsList({ preset, names }: SettingsQuestion): Result<SettingsList> {
  const wanted = preset === undefined ? undefined : findPreset(preset)
  if (preset !== undefined && wanted === undefined) {
    const known = PRESET_NAMES.flatMap((name) => [name, formerName(name) ?? []].flat())
    return fail([{ message: `--preset: \`${preset}\` is no preset; ${suggestion(preset, known, 'presets')}` }])
  }
  const entries = listSettings()
  const known = [...entries, ...ABSENT_SETTINGS].map(({ name }) => name)
  const unknown = names.filter((name) => !known.includes(settingName(name)))
  if (unknown.length > 0) {
    const spellings = [...new Set([...known, ...known.flatMap(spellingsOf)].map(bareName))]
    return fail(
      unknown.map((name) => ({
        message: `\`${name}\` is no setting; ${suggestion(bareName(name), spellings, 'settings')}`,
      })),
    )
  }
  const chosen = new Set(names.map(settingName))
  const isChosen = ({ name }: { readonly name: string }): boolean => chosen.size === 0 || chosen.has(name)
  const presets = wanted === undefined ? PRESET_NAMES : [wanted]
  return ok({
    format: 'fleetlab.settings/1',
    presets: presets.map((name) => ({ name, formerly: formerName(name) ?? null, about: PRESETS[name].about })),
    settings: entries.filter(isChosen).map((entry) => listed(entry, presets)),
    not_modelled: ABSENT_SETTINGS.filter(isChosen).map(({ name, about, source, trueHere }) => ({
      name,
      environment: ENVIRONMENT_PREFIX + name,
      meaning: about,
      source,
      true_here: trueHere,
    })),
  })
}

const bareName = (name: string): string =>
  name.startsWith(ENVIRONMENT_PREFIX) ? name.slice(ENVIRONMENT_PREFIX.length) : name

function listed({ name, group, about, default: standard, facts }: SettingEntry, presets: readonly PresetName[]) {
  const { named, formerly = [], source, notHere = null } = facts
  return {
    name,
    group,
    meaning: about,
    environment: named === 'real' ? ENVIRONMENT_PREFIX + name : null,
    formerly,
    source,
    not_here: notHere,
    default: standard,
    presets: Object.fromEntries(presets.map((preset) => [preset, under(preset, name, standard)])),
  }
}

function under(preset: PresetName, name: string, standard: unknown): { value: unknown; source?: string } {
  const changes: { readonly [setting: string]: unknown } = presetSettings(preset)
  if (!Object.hasOwn(changes, name)) return { value: standard }
  const lines: { readonly [setting: string]: { readonly source: string } } = PRESETS[preset].lines
  return { value: changes[name], source: lines[name]!.source }
}
