/** What may stand at a place of a scenario, from its JSON Schema: keys with their descriptions, and named values. */
import type { JsonSchemaNode } from '../../worker/protocol.ts'

export interface Word {
  readonly label: string
  readonly info: string
  readonly kind: 'property' | 'enum'
}

/** All shapes a node may have: references followed, unions opened. */
function shapes(node: JsonSchemaNode | undefined, root: JsonSchemaNode, depth = 0): readonly JsonSchemaNode[] {
  if (node === undefined || depth > 8) return []
  if (node.$ref !== undefined) return shapes(root.$defs?.[node.$ref.replace('#/$defs/', '')], root, depth + 1)
  const parts = [...(node.anyOf ?? []), ...(node.oneOf ?? [])]
  return parts.length > 0 ? [node, ...parts.flatMap((part) => shapes(part, root, depth + 1))] : [node]
}

/** Shapes at a path of keys; a list's entries are the step `-`. */
function shapesAt(root: JsonSchemaNode, path: readonly string[]): readonly JsonSchemaNode[] {
  let here = shapes(root, root)
  for (const step of path) {
    here = here.flatMap((node) => {
      if (step === '-') return shapes(node.items, root)
      const rest = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined
      return shapes(node.properties?.[step] ?? rest, root)
    })
  }
  return here
}

export function keysAt(root: JsonSchemaNode, path: readonly string[]): readonly Word[] {
  const words = new Map<string, Word>()
  for (const node of shapesAt(root, path)) {
    for (const [label, child] of Object.entries(node.properties ?? {}))
      words.set(label, { label, info: child.description ?? '', kind: 'property' })
  }
  return [...words.values()]
}

export function valuesAt(root: JsonSchemaNode, path: readonly string[]): readonly Word[] {
  const values = shapesAt(root, path).flatMap((node) => [
    ...(node.enum ?? []),
    ...(node.const === undefined ? [] : [node.const]),
  ])
  return [...new Set(values.map(String))].map((label) => ({ label, info: '', kind: 'enum' }))
}

/** Keys above a line of block YAML, by indentation; `-` for each list on the way. */
export function pathAbove(lines: readonly string[], line: number, column: number): readonly string[] {
  const path: string[] = []
  let indent = column
  for (let i = line; i >= 0 && indent > 0; i -= 1) {
    const match = /^( *)((?:- +)*)(?:([\w."-]+)\s*:)?/.exec(lines[i] ?? '')
    if (match === null || (lines[i] ?? '').trim() === '' || (lines[i] ?? '').trim().startsWith('#')) continue
    const [, spaces = '', dashes = '', key] = match
    const at = spaces.length + dashes.length
    // On the way up: a key further left is a parent; a dash further left opens the list's entry.
    if (i < line && key !== undefined && at < indent) {
      path.unshift(key.replaceAll('"', ''))
      indent = at
    }
    if (dashes !== '' && spaces.length < indent) {
      path.unshift('-')
      indent = spaces.length
    }
  }
  return path
}
