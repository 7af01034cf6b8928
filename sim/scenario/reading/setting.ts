/**
 * `path=value`, as `--set` and an arm's `set` write it. The path leads into the scenario file; two short forms exist:
 * `max_model_slots` is every Mac's, and a coordinator's setting may go by its bare name. The value is YAML, so `2%`,
 * `false` and `{poisson: 6/s}` mean what they mean in the file.
 */
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import { formatPath, type Path, parsePath } from './path.ts'
import { isPlainMap, parseScenarioYaml, plainData, type RawMap } from './source.ts'
import { inOneSpelling, isSettingLike, pathInOneSpelling } from './spelling.ts'

export interface Setting {
  /** As written. */
  readonly text: string
  /** Where the value goes; several for a short form. */
  readonly paths: readonly Path[]
  /** The last step of the path as written: a coordinator's setting may be spelt in several ways. */
  readonly spelling: string
  readonly value: unknown
}

/** A path, then `=`; brackets may hold anything. */
const SETTING = /^((?:[^="[\]]|\[\d+\]|\["(?:[^"\\]|\\.)*"\])+)=(.*)$/s

export function parseSetting(text: string, raw: RawMap): Result<Setting> {
  const match = SETTING.exec(text)
  const path = match === null ? undefined : parsePath(match[1]!.trim())
  if (match === null || path === undefined)
    return refuse(text, 'must be path=value, such as coordinator.QUEUE_MAX_DEPTH=20')
  const document = parseScenarioYaml(match[2]!)
  if (document.errors.length > 0) return refuse(text, 'has a value that is not valid YAML')
  const data = plainData(document)
  if (!data.ok) return refuse(text, `has a value that ${data.error[0]!.message.replace(/^`/, 'is wrong: `')}`)
  const { value } = data
  if (value === null || value === undefined) return refuse(text, 'needs a value after the `=`')
  return ok({ text, paths: targets(path, raw), spelling: String(path.at(-1)), value })
}

const refuse = (text: string, message: string): Result<never> => fail([{ file: settingPlace(text), message }])

/** How messages name a setting. */
export const settingPlace = (text: string): string => `--set ${text}`

function targets(written: Path, raw: RawMap): readonly Path[] {
  const [key] = written
  const path = pathInOneSpelling(isBareSetting(written) ? ['coordinator', ...written] : written)
  if (path.length > 1 || typeof key !== 'string') return [path]
  if (key === 'max_model_slots' && Array.isArray(raw['fleet'])) return raw['fleet'].map((_, i) => ['fleet', i, key])
  return [path]
}

const isBareSetting = ([key]: Path): boolean => typeof key === 'string' && isSettingLike(key)

/** What a setting says that an earlier one has said under another name: which of the two was meant, nobody can tell. */
export function spelledTwice(setting: Setting, earlier: readonly Setting[]): Problem | undefined {
  const place = JSON.stringify(setting.paths)
  const before = earlier.find(({ paths, spelling }) => spelling !== setting.spelling && JSON.stringify(paths) === place)
  if (before === undefined) return undefined
  const message = `is the same setting as \`${before.text}\` under another name; keep one of them`
  return { file: settingPlace(setting.text), message }
}

/** The document with the setting made. Whether the keys exist is for the schema to say. */
export function applySetting(raw: RawMap, setting: Setting): Result<RawMap> {
  let changed: unknown = raw
  const problems: Problem[] = []
  for (const path of setting.paths) {
    const result = put(changed, path, 0, setting.value)
    if (result.ok) changed = result.value
    else problems.push({ file: settingPlace(setting.text), path: formatPath(path), message: result.error })
  }
  const { raw: spelt, complaints } = inOneSpelling(changed as RawMap)
  for (const { path, message } of complaints)
    problems.push({ file: settingPlace(setting.text), path: formatPath(path), message })
  return problems.length > 0 ? fail(problems) : ok(spelt)
}

function put(node: unknown, path: Path, depth: number, value: unknown): Result<unknown, string> {
  const step = path[depth]
  if (step === undefined) return ok(value)
  if (typeof step === 'number') {
    const holder = formatPath(path.slice(0, depth))
    if (!Array.isArray(node)) return fail(`leads nowhere: ${holder} is not a list`)
    if (step >= node.length)
      return fail(
        `leads nowhere: ${holder} has ${node.length} ${node.length === 1 ? 'entry' : 'entries'}, counted from 0`,
      )
    const inner = put(node[step], path, depth + 1, value)
    return inner.ok ? ok(node.with(step, inner.value)) : inner
  }
  if (Array.isArray(node)) return fail(`leads nowhere: ${formatPath(path.slice(0, depth))} is a list`)
  // What is absent (a default) or a preset's name becomes a map that says only this.
  const map = isPlainMap(node) ? node : {}
  const inner = put(Object.hasOwn(map, step) ? map[step] : undefined, path, depth + 1, value)
  return inner.ok ? ok({ ...map, [step]: inner.value }) : inner
}
