/**
 * Every setting of the coordinator, under the real system's names without the EIGENINFERENCE_ prefix, so that an operator can
 * paste a production setting into a scenario. This is the door; settings lie by subject in settings/, each with its default,
 * its meaning and its source beside it. Defaults are those of 20 June 2026 (the tree that PR 432 was written against). Facts:
 * coordinator-routing §2, §6 … §11, §17; coordinator-control §2.1, §3, §4.
 */
import { z } from 'zod'
import { SETTINGS } from './settings/list.ts'
import {
  DEFAULT_PRESET,
  findPreset,
  FORMER_PRESETS,
  PRESET_NAMES,
  type PresetName,
  presetSettings,
} from './settings/presets.ts'
import { isMap, readSettings } from './settings/spelling.ts'

export { ABSENT_SETTINGS, type AbsentSetting } from './settings/absent.ts'
export { listSettings, type SettingEntry, settingFacts } from './settings/list.ts'
export { findPreset, formerName, PRESET_NAMES, type PresetName, PRESETS, presetSettings } from './settings/presets.ts'
export { ENVIRONMENT_PREFIX, readSettings, settingName, spellingsOf } from './settings/spelling.ts'

export const coordinatorSettingsSchema = z.strictObject({
  preset: z
    .enum([...PRESET_NAMES, ...FORMER_PRESETS.keys()])
    .transform((name) => findPreset(name) ?? DEFAULT_PRESET)
    .default(DEFAULT_PRESET)
    .describe('A named set of settings, by date; keys beside it win.'),
  ...SETTINGS,
})

export type CoordinatorSettings = z.output<typeof coordinatorSettingsSchema>

/** The preset's settings under those that are written down. What cannot be read is left for the schema to refuse. */
export function withPreset(written: unknown): unknown {
  if (!isMap(written)) return written
  const { settings, complaints } = readSettings(written)
  const refused = Object.fromEntries(complaints.map(({ key }) => [key, written[key]]))
  const preset = findPreset(written['preset'])
  return { ...(preset === undefined ? {} : presetSettings(preset)), ...(settings as object), ...refused }
}

/** What a preset changes while the coordinator runs: every setting that any preset names, to its value or the default. */
export function presetChange(preset: PresetName): Partial<CoordinatorSettings> {
  const settings = coordinatorSettingsSchema.parse(withPreset({ preset }))
  const named = new Set(PRESET_NAMES.flatMap((each) => Object.keys(presetSettings(each))))
  return Object.fromEntries(Object.entries(settings).filter(([name]) => named.has(name)))
}
