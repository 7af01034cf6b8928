/**
 * `extends: base.yaml`: the file's keys over those of the base. Maps merge deeply, everything else is replaced (a list
 * whole: there is no telling which entry of one list stands for which of the other), and a key set to nothing removes
 * the base's. Paths inside a file are relative to that file, so they are resolved before merging.
 */
import type { MakeSha256 } from '../../base/sha256.ts'
import { BadInputError, fail, ok, type Problem, type Result } from '../../base/result.ts'
import { isPolicyFile } from '../format/arm.ts'
import { isPlainMap, type RawMap, SourceFile, Sources } from './source.ts'
import { inOneSpelling } from './spelling.ts'

/** Where a scenario's files come from: a disk, the network, a test's map. */
export interface Files {
  /** undefined when there is no such file. */
  read(path: string): Promise<string | undefined>
  /** `relative` as seen from the file `from`. */
  resolve(from: string, relative: string): string
  /** Where they come from knows a faster SHA-256 than the portable one. */
  readonly sha256?: MakeSha256
}

/** The text, or why there is none: a folder and a file one may not read are the author's slips as much as a missing one. */
export async function readText(path: string, files: Files): Promise<Result<string>> {
  try {
    const text = await files.read(path)
    return text === undefined ? fail([{ file: path, message: 'cannot be read' }]) : ok(text)
  } catch (error) {
    if (!(error instanceof BadInputError)) throw error
    return fail(error.problems)
  }
}

export interface Merged {
  /** Without `extends`. */
  readonly raw: RawMap
  readonly sources: Sources
  /** Settings of the coordinator that could not be read; they are left out of `raw`. */
  readonly problems: readonly Problem[]
}

export async function readMerged(path: string, files: Files): Promise<Result<Merged>> {
  const chain: SourceFile[] = []
  let next: string | undefined = path
  while (next !== undefined) {
    const text = await readText(next, files)
    if (!text.ok) return fail(chain.length === 0 ? text.error : [complain(chain.at(-1)!, blocked(next, text.error))])
    const source = SourceFile.parse(next, text.value)
    if (!source.ok) return source
    chain.push(source.value)
    const base = source.value.raw['extends']
    if (base === undefined) break
    if (typeof base !== 'string') return fail([complain(source.value, 'must be the path of a scenario file')])
    next = files.resolve(source.value.path, base)
    if (chain.some((file) => file.path === next)) {
      const round = [...chain.map((file) => file.path), next].join(' → ')
      return fail([complain(source.value, `goes round in a circle: ${round}`)])
    }
  }
  const spelt = chain.map((file) => ({ file, ...inOneSpelling(resolvePaths(file, files)) }))
  const problems = spelt.flatMap(({ file, complaints }) =>
    complaints.map(({ path: at, message, atKey }) => new Sources([file]).problem(at, message, atKey)),
  )
  const raw = spelt.map((each) => each.raw).reduceRight((base, over) => merge(base, over))
  const { extends: _, ...rest } = raw
  return ok({ raw: rest, sources: new Sources(chain), problems })
}

const complain = (file: SourceFile, message: string): Problem => new Sources([file]).problem(['extends'], message)

/** Why a file that another one names cannot be read; `problems` are `readText`'s. */
export const blocked = (path: string, problems: readonly Problem[]): string => {
  const [why] = problems
  return why === undefined || why.message === 'cannot be read'
    ? `cannot be read: ${path}`
    : `cannot be read: ${path} ${why.message}`
}

function merge(base: RawMap, over: RawMap): RawMap {
  const merged = new Map(Object.entries(base))
  for (const [key, value] of Object.entries(over)) {
    const below = merged.get(key)
    if (value === null && below !== undefined) merged.delete(key)
    else merged.set(key, isPlainMap(value) && isPlainMap(below) ? merge(below, value) : value)
  }
  return Object.fromEntries(merged)
}

/** Trace files and policy files, the only paths a scenario holds besides `extends`. */
function resolvePaths(file: SourceFile, files: Files): RawMap {
  const resolve = (value: unknown): unknown => (typeof value === 'string' ? files.resolve(file.path, value) : value)
  /** A policy file keeps, as the arm's name, what its author wrote. */
  const arm = (value: unknown): unknown => {
    const { policy, ...rest }: RawMap = isPlainMap(value) ? value : { policy: value }
    if (typeof policy !== 'string' || !isPolicyFile(policy)) return value
    return { as: policy, ...rest, policy: resolve(policy) }
  }
  const { policies, recorded_day } = file.raw
  return {
    ...withPaths(file.raw, (path) => files.resolve(file.path, path)),
    ...(recorded_day !== undefined && { recorded_day: resolve(recorded_day) }),
    ...(Array.isArray(policies) && { policies: policies.map(arm) }),
  }
}

/** Where a stream names a file. */
const FILES_OF_STREAM = [
  ['arrivals', 'trace'],
  ['lengths', 'file'],
  ['recorded', 'trace'],
] as const

/** The document with the paths of its streams' files changed. */
export function withPaths(raw: RawMap, change: (path: string) => string): RawMap {
  const { demand } = raw
  if (!Array.isArray(demand)) return raw
  const changeText = (value: unknown): unknown => (typeof value === 'string' ? change(value) : value)
  return {
    ...raw,
    demand: demand.map((stream: unknown) =>
      FILES_OF_STREAM.reduce((changed, path) => inMap(changed, path, changeText), stream),
    ),
  }
}

/** The map with the value at the path changed, where there is one. */
function inMap(map: unknown, [key, ...rest]: readonly string[], change: (value: unknown) => unknown): unknown {
  if (!isPlainMap(map) || key === undefined || !Object.hasOwn(map, key)) return map
  return { ...map, [key]: rest.length === 0 ? change(map[key]) : inMap(map[key], rest, change) }
}
