/** The coordinator's settings for people: per setting its value under each preset, what it means, who says so, what is missing. */
import type { ListedAbsent, ListedSetting, SettingsList } from '../../../lab/decide/settings.ts'
import { type Paint, plainPaint } from '../../form/paint.ts'
import { wrap } from '../../form/wrap.ts'

const WIDTH = 110
const INDENT = '  '

/** What nobody would see. */
const NOT_SPELT: ReadonlyMap<unknown, string> = new Map([
  ['', 'empty'],
  [undefined, 'not set'],
])

/** As an environment file would hold it: `a,b`, `a=1,b=2`. */
function written(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(',')
  if (typeof value !== 'object' || value === null) return NOT_SPELT.get(value) ?? String(value)
  const entries = Object.entries(value)
  return entries.length === 0 ? 'none' : entries.map(([key, each]) => `${key}=${String(each)}`).join(',')
}

const indented = (text: string): readonly string[] => wrap(text, WIDTH - INDENT.length).map((line) => INDENT + line)

/** One value where all presets agree, else each that differs from the default. */
function values({ default: standard, presets }: ListedSetting): string {
  const standardText = written(standard)
  const listed = Object.entries(presets).map(([preset, { value }]) => ({ preset, text: written(value) }))
  const [only] = listed
  if (only !== undefined && listed.length === 1)
    return only.text === standardText ? only.text : `${only.text} (default ${standardText})`
  return [standardText, ...byWords(listed.filter(({ text }) => text !== standardText))].join(' · ')
}

/** `2026-07-25, 2026-08: 8`: presets that say the same stand together. */
function byWords(said: readonly { readonly preset: string; readonly text: string }[]): readonly string[] {
  const presets = new Map<string, string[]>()
  for (const { preset, text } of said) presets.set(text, [...(presets.get(text) ?? []), preset])
  return [...presets].map(([text, names]) => `${names.join(', ')}: ${text}`)
}

function settingLines(setting: ListedSetting, paint: Paint): readonly string[] {
  const { name, meaning, environment, formerly, source, not_here, presets } = setting
  const sources = byWords(
    Object.entries(presets).flatMap(([preset, each]) =>
      each.source === undefined ? [] : [{ preset, text: each.source }],
    ),
  )
  const mark = environment === null ? ' (named here)' : ''
  return [
    `${paint('strong', name)}${paint('dim', mark)}  ${values(setting)}`,
    ...indented(meaning),
    ...indented(`source: ${[source, ...sources].join('; ')}`).map((line) => paint('dim', line)),
    ...(formerly.length > 0 ? indented(`also: ${formerly.join(', ')}`).map((line) => paint('dim', line)) : []),
    ...(not_here === null ? [] : indented(`not here: ${not_here}`)),
  ]
}

function absentLines({ name, meaning, source, true_here }: ListedAbsent, paint: Paint): readonly string[] {
  const accepted =
    true_here === 'any'
      ? 'any value may be given'
      : true_here.length === 0
        ? 'may not be given'
        : `may be given as ${true_here.map(written).join(' or ')}`
  return [
    `${paint('strong', name)}  ${accepted}`,
    ...indented(meaning),
    ...indented(`source: ${source}`).map((line) => paint('dim', line)),
  ]
}

export function formatSettings(list: SettingsList, paint: Paint = plainPaint): string {
  const lines: string[] = list.presets.flatMap(({ name, formerly, about }) => [
    `preset ${paint('strong', name)}  ${about}`,
    ...(formerly === null ? [] : [paint('dim', `${INDENT}also: ${formerly}`)]),
  ])
  let group = ''
  for (const setting of list.settings) {
    if (setting.group !== group) lines.push('', paint('strong', (group = setting.group)))
    lines.push(...settingLines(setting, paint))
  }
  if (list.not_modelled.length > 0) {
    const heading = 'settings of the real coordinator that the lab does not model'
    lines.push('', paint('strong', heading), ...list.not_modelled.flatMap((absent) => absentLines(absent, paint)))
  }
  const about =
    'Any but those named here may carry the prefix EIGENINFERENCE_, and its value the form of an environment file: 1, 15, a,b or a=1,b=2.'
  return [...lines, '', ...wrap(about, WIDTH).map((line) => paint('dim', line))].join('\n')
}
