/**
 * What a file found in a folder seems to be. A folder holds scenarios, bases that others extend, results, and files of
 * other programs; a scenario must not be passed over because a key of it is misspelt, and nothing else be complained about.
 */
import { distance } from 'fastest-levenshtein'
import { policyNames } from '../../policy/index.ts'
import { type Files, readMerged, readText } from './extend.ts'
import { scenarioSchema } from '../format/schema.ts'
import { isPlainMap, type RawMap, SourceFile } from './source.ts'
import { validate } from './validate.ts'

/** `checkable`: expects something, or has mistakes that loading it will tell. `foreign`: no scenario. */
export type Appearance =
  | { readonly kind: 'checkable' | 'foreign' }
  | { readonly kind: 'expects_nothing'; readonly why: string }

const CHECKABLE: Appearance = { kind: 'checkable' }
const FOREIGN: Appearance = { kind: 'foreign' }

/** A scenario has one of these; most files of other programs have none, and need no parsing. */
const TELLTALE = /(?:^|[{,])\s*["']?(?:fleet|demand|expect|extends)["']?\s*:/m
const RESULT = /^\s*\{\s*"format"\s*:\s*"fleetlab\./
const YAML_NAME = /\.ya?ml$/i
const BASE_OF_ROOT = /^["']?([A-Za-z_]\w*)["']?\s*:\s*["']?[^\s"'#]+\.ya?ml\b/gm
/** Slips of the finger in `extends`, capitals not counted. */
const SLIPS_MAX = 2
const KEY_OF_ROOT = /^["']?([A-Za-z_]\w*)["']?\s*:/gm

const known: ReadonlySet<string> = new Set(Object.keys(scenarioSchema.shape))

/** Who the Macs are or what is asked of them, and two more things that a scenario says. */
function looksLikeScenario(keys: readonly string[]): boolean {
  if (keys.includes('expect')) return true
  return (keys.includes('fleet') || keys.includes('demand')) && keys.filter((key) => known.has(key)).length >= 3
}

export async function appearanceOf(path: string, files: Files): Promise<Appearance> {
  const text = await readText(path, files)
  if (!text.ok) return CHECKABLE
  if (RESULT.test(text.value)) return FOREIGN
  if (YAML_NAME.test(path) && saysNothing(text.value)) return { kind: 'expects_nothing', why: 'is empty' }
  if (!TELLTALE.test(text.value)) return namesItsBase(path, text.value) ? CHECKABLE : FOREIGN
  const source = SourceFile.parse(path, text.value)
  if (!source.ok) {
    const keys = [...text.value.matchAll(KEY_OF_ROOT)].map(([, key]) => key!)
    return looksLikeScenario(keys) || isChild(path, keys, text.value) ? CHECKABLE : FOREIGN
  }
  const merged = await readMerged(path, files)
  if (!merged.ok) {
    const keys = Object.keys(source.value.raw)
    return looksLikeScenario(keys) || isChild(path, keys, source.value.raw['extends']) ? CHECKABLE : FOREIGN
  }
  return ofMap(merged.value.raw)
}

/** Blank lines and comments alone. */
const saysNothing = (text: string): boolean =>
  text.split('\n').every((line) => line.trim() === '' || line.trimStart().startsWith('#'))

/** A child of another scenario whose `extends` is misspelt would otherwise look like a file of another program. */
function namesItsBase(path: string, text: string): boolean {
  if (!YAML_NAME.test(path)) return false
  return [...text.matchAll(BASE_OF_ROOT)].some(([, key]) => distance(key!.toLowerCase(), 'extends') <= SLIPS_MAX)
}

/** Whether a file whose base cannot be read would be a scenario: other programs know `extends` too. */
function isChild(path: string, keys: readonly string[], base: unknown): boolean {
  if (!keys.includes('extends') || typeof base !== 'string') return false
  return keys.some((key) => known.has(key)) || (/\.ya?ml$/i.test(path) && /\.ya?ml\b/i.test(base))
}

function ofMap(raw: RawMap): Appearance {
  if (!looksLikeScenario(Object.keys(raw))) return FOREIGN
  const { expect } = raw
  if (isPlainMap(expect) || (Array.isArray(expect) ? expect.length > 0 : (expect ?? undefined) !== undefined)) {
    return CHECKABLE
  }
  const unknown = validate(raw, { policies: policyNames }).complaints.some((complaint) => complaint.unknownKey === true)
  if (unknown) return CHECKABLE
  return { kind: 'expects_nothing', why: Array.isArray(expect) ? 'its `expect:` is empty' : 'has no `expect:`' }
}
