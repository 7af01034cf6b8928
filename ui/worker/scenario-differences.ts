/** Where two scenarios differ beside their arms, in a few lines: what a comparison of their runs would not be about. */
import { parse } from 'yaml'

/** Of the arms, or of no figure's making. */
const ASIDE: ReadonlySet<string> = new Set([
  'name',
  'about',
  'policies',
  'policy',
  'seed',
  'seeds',
  'expect',
  'assumed',
])
const SHOWN = 8

const isBranch = (value: unknown): value is object => typeof value === 'object' && value !== null

function* leavesOf(value: unknown, path: string): Generator<readonly [path: string, text: string]> {
  if (!isBranch(value)) yield [path, JSON.stringify(value) ?? 'nothing']
  else if (Array.isArray(value)) for (const [i, each] of value.entries()) yield* leavesOf(each, `${path}[${i}]`)
  else for (const [key, each] of Object.entries(value)) yield* leavesOf(each, path === '' ? key : `${path}.${key}`)
}

function leaves(text: string): ReadonlyMap<string, string> {
  const document: unknown = parse(text)
  const own = isBranch(document) ? Object.entries(document).filter(([key]) => !ASIDE.has(key)) : []
  return new Map(leavesOf(Object.fromEntries(own), ''))
}

/** Of two texts that loaded. */
export function scenarioDifferences(before: string, after: string): readonly string[] {
  const [old, now] = [leaves(before), leaves(after)]
  const paths = [...new Set([...old.keys(), ...now.keys()])].filter((path) => old.get(path) !== now.get(path))
  const lines = paths.map((path) => `${path} ${old.get(path) ?? 'absent'} → ${now.get(path) ?? 'absent'}`)
  return lines.length <= SHOWN ? lines : [...lines.slice(0, SHOWN), `${lines.length - SHOWN} more`]
}
