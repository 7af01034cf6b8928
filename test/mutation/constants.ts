/**
 * The numbers of the coordinator, found by parsing: every number in a constant of a module under sim/coordinator, every
 * version number there, and every default of a setting and what a preset makes of it, in settings/. Each can be changed by a step up and a step down.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseSync } from 'vite'

const FOLDER = 'sim/coordinator'

export interface Mutant {
  /** `cost.ts THERMAL_MS.fair`. */
  readonly constant: string
  readonly step: 'up' | 'down'
  readonly file: string
  /** Place in the file's text. */
  readonly start: number
  readonly end: number
  readonly from: string
  readonly to: string
}

/** A node of the parsed tree, as far as this needs to know it. */
interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

interface Found {
  readonly name: string
  readonly literal: Node
}

type Test = (node: Node) => boolean
const QUANTITY = /^(\d+(?:\.\d+)?)(us|ms|s|m|h|%|[kMG]i?B)$/

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'

const childrenOf = (node: Node): Node[] => Object.values(node).flat().filter(isNode)

export function allMutants(): Mutant[] {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  return files.flatMap((path) => {
    const file = join(FOLDER, path)
    const name = basename(path)
    const text = readFileSync(file, 'utf8')
    const program = parseSync(file, text).program as unknown as Node
    const isOfSettings = path.startsWith('settings/') && name !== 'absent.ts'
    const found = isOfSettings ? [...defaults(program, ''), ...presets(program)] : constants(program)
    return numbered(found).flatMap(({ name: constant, literal }) =>
      mutantsOf(`${name} ${constant}`, file, literal, text),
    )
  })
}

/** The same constant may hold several numbers under one name: `A`, `A#2`, `A#3`. */
function numbered(found: readonly Found[]): Found[] {
  const seen = new Map<string, number>()
  return found.map(({ name, literal }) => {
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    return { name: count === 1 ? name : `${name}#${count}`, literal }
  })
}

/** Numbers and versions in the initialisers of module-level constants; functions are behaviour, not constants. */
function constants(program: Node, skip: Test = () => false, wanted: Test = isNumberOrVersion): Found[] {
  const statements = childrenOf(program).map((node) =>
    node.type === 'ExportNamedDeclaration' && isNode(node['declaration']) ? node['declaration'] : node,
  )
  return statements
    .filter((node) => node.type === 'VariableDeclaration' && node['kind'] === 'const')
    .flatMap((node) => node['declarations'] as Node[])
    .flatMap((declared) =>
      isNode(declared['init']) ? literals(declared['init'], nameOf(declared['id'] as Node), skip, wanted) : [],
    )
}

/** Tables of settings: what is no schema. */
const presets = (program: Node): Found[] =>
  constants(program, (node) => node.type === 'CallExpression', isSetting).filter(({ name }) => name.includes('.'))

function literals(node: Node, name: string, skip: Test, wanted: Test): Found[] {
  if (skip(node)) return []
  if (node.type.includes('Function') || node.type.startsWith('TSType') || node.type === 'ClassExpression') return []
  if (node.type === 'Literal') return wanted(node) ? [{ name, literal: node }] : []
  if (node.type === 'Property')
    return literals(node['value'] as Node, `${name}.${nameOf(node['key'] as Node)}`, skip, wanted)
  return childrenOf(node).flatMap((child) => literals(child, name, skip, wanted))
}

/** Arguments of `.default(…)` and `.prefault(…)`, under the name of the setting. */
function defaults(node: Node, name: string): Found[] {
  if (node.type === 'Property') return defaults(node['value'] as Node, nameOf(node['key'] as Node))
  const callee = node['callee']
  const method = isNode(callee) && isNode(callee['property']) ? nameOf(callee['property']) : ''
  const own =
    node.type === 'CallExpression' && (method === 'default' || method === 'prefault')
      ? (node['arguments'] as Node[]).flatMap((each) => literals(each, name, () => false, isSetting))
      : []
  return [...own, ...childrenOf(node).flatMap((child) => defaults(child, name))]
}

const nameOf = (node: Node): string => String(node['name'] ?? node['value'])
const isNumberOrVersion: Test = ({ value }) =>
  typeof value === 'number' || (typeof value === 'string' && /^\d+\.\d+\.\d+$/.test(value))
const isSetting: Test = ({ value }) =>
  typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && QUANTITY.test(value))

function mutantsOf(constant: string, file: string, literal: Node, text: string): Mutant[] {
  const from = text.slice(literal.start, literal.end)
  const { start, end } = literal
  return (['up', 'down'] as const).flatMap((step) => {
    // A quantity of 0 is written without a unit; another needs one.
    const isQuantity = literal['value'] === 0 && text.slice(0, start).endsWith('prefault(')
    const to = isQuantity && step === 'up' ? "'1ms'" : changed(literal['value'], step)
    return to === undefined ? [] : [{ constant, step, file, start, end, from, to }]
  })
}

/** A setting that is on or off has one other value; so has one that is 0 and may not be less. */
function changed(value: unknown, step: 'up' | 'down'): string | undefined {
  if (typeof value === 'boolean') return step === 'up' ? String(!value) : undefined
  if (value === 0) return step === 'up' ? '1' : undefined
  if (typeof value === 'number') return String(moved(value, step))
  if (typeof value !== 'string') return undefined
  const version = /^(\d+\.\d+\.)(\d+)$/.exec(value)
  if (version !== null) return `'${version[1]}${Number(version[2]) + (step === 'up' ? 1 : -1)}'`
  const quantity = QUANTITY.exec(value)
  if (quantity === null) return undefined
  return `'${Number((Number(quantity[1]) * (step === 'up' ? 1.1 : 0.9)).toPrecision(6))}${quantity[2]}'`
}

/** By one where that is a small change, else by a tenth. */
function moved(value: number, step: 'up' | 'down'): number {
  const sign = step === 'up' ? 1 : -1
  if (Number.isInteger(value) && value <= 100) return value + sign
  const tenth = value * (1 + sign / 10)
  return Number.isInteger(value) ? Math.round(tenth) : Number(tenth.toPrecision(6))
}
