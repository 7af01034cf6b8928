/**
 * Puts a count into every loop and every function of a bundled policy, so that a question that is never answered ends by the
 * number of its steps (policy-guard.ts) and not by somebody's patience. Only text is inserted and no line breaks: what stands
 * on a line stays there.
 */
import { STEP } from './policy-guard.ts'

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly body?: unknown
  readonly expression?: boolean
}

const LOOPS: ReadonlySet<string> = new Set([
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'WhileStatement',
  'DoWhileStatement',
])
const FUNCTIONS: ReadonlySet<string> = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { readonly type?: unknown }).type === 'string'

/** Text to insert, by place; at one place in this order. */
type Insertions = Map<number, string[]>

function put(insertions: Insertions, at: number, text: string): void {
  const known = insertions.get(at)
  if (known === undefined) insertions.set(at, [text])
  else known.push(text)
}

function count(node: Node, insertions: Insertions): void {
  const { body } = node
  if (!isNode(body)) return
  if (body.type === 'BlockStatement' || body.type === 'FunctionBody') {
    put(insertions, body.start + 1, `${STEP}();`)
  } else if (LOOPS.has(node.type)) {
    put(insertions, body.start, `{${STEP}();`)
    put(insertions, body.end, '}')
  } else {
    put(insertions, body.start, `(${STEP}(),`)
    put(insertions, body.end, ')')
  }
}

function walk(value: unknown, insertions: Insertions): void {
  if (Array.isArray(value)) {
    for (const each of value) walk(each, insertions)
    return
  }
  if (!isNode(value)) return
  // Inner ones first: what they insert at a common end stands before what the outer one does.
  for (const child of Object.values(value)) if (typeof child === 'object') walk(child, insertions)
  if (LOOPS.has(value.type) || FUNCTIONS.has(value.type)) count(value, insertions)
}

/** `program`: the ESTree of `code`. */
export function withSteps(code: string, program: unknown): string {
  const insertions: Insertions = new Map()
  walk(program, insertions)
  let counted = ''
  let at = 0
  for (const place of [...insertions.keys()].sort((a, b) => a - b)) {
    counted += code.slice(at, place) + insertions.get(place)!.join('')
    at = place
  }
  return counted + code.slice(at)
}
