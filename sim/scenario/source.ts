/**
 * Scenario text and where in it things stand. YAML and JSON are read by one parser, because JSON is YAML; a value
 * found wrong later is traced back to file, line and column, across `extends`.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml'
import { fail, ok, type Problem, type Result } from '../base/result.ts'
import { settingName } from '../coordinator/config.ts'
import { formatPath, type Path } from './path.ts'

export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
}

export interface RawMap {
  readonly [key: string]: unknown
}

/** One parsed file. */
export class SourceFile {
  private constructor(
    readonly path: string,
    readonly raw: RawMap,
    private readonly document: Document,
    private readonly lines: LineCounter,
  ) {}

  static parse(path: string, text: string): Result<SourceFile> {
    const lines = new LineCounter()
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
    const problems = document.errors.map((error): Problem => {
      const { line, col } = lines.linePos(error.pos[0])
      const message = error.code === 'MULTIPLE_DOCS' ? 'must hold one document only' : readable(error.message, path)
      return { file: path, line, column: col, message }
    })
    if (problems.length > 0) return fail(problems)
    const raw = plainData(document)
    if (!raw.ok) return fail([{ file: path, line: 1, column: 1, message: raw.error }])
    if (!isPlainMap(raw.value)) {
      return fail([
        { file: path, line: 1, column: 1, message: 'must be a map with keys such as name, duration, fleet, demand' },
      ])
    }
    return ok(new SourceFile(path, raw.value, document, lines))
  }

  get root(): unknown {
    return this.document.contents
  }

  /** The node of a key or an index below a node, and what to point at for the key itself. */
  child(node: unknown, step: string | number): { readonly key: unknown; readonly value: unknown } | undefined {
    const container = isAlias(node) ? node.resolve(this.document) : node
    if (isSeq(container)) {
      const item = container.items[Number(step)]
      return item === undefined ? undefined : { key: item, value: item }
    }
    if (!isMap(container)) return undefined
    const named = (isIt: (key: string) => boolean): Pair | undefined =>
      container.items.find((item: Pair) => isIt(String(isScalar(item.key) ? item.key.value : item.key)))
    // A setting of the coordinator may be spelt otherwise than it is complained about.
    const pair = named((key) => key === String(step)) ?? named((key) => settingName(key) === step)
    return pair === undefined ? undefined : { key: pair.key, value: pair.value ?? pair.key }
  }

  isMap(node: unknown): boolean {
    return isMap(isAlias(node) ? node.resolve(this.document) : node)
  }

  position(node: unknown): Position {
    const offset = (node as Node | null)?.range?.[0] ?? 0
    const { line, col } = this.lines.linePos(offset)
    return { file: this.path, line: Math.max(1, line), column: Math.max(1, col) }
  }
}

/** The parser descends by calling itself, and reports the end of its stack as if it were a rule of YAML. */
const STACK_ENDED = /call stack/i

/** Library messages start with a capital and may end with a full stop; ours do neither. */
function readable(message: string, path = ''): string {
  if (STACK_ENDED.test(message)) return 'is nested too deeply'
  const line = message.split('\n')[0]!.replace(/\.$/, '')
  return `is not valid ${path.endsWith('.json') ? 'JSON' : 'YAML'}: ${line.slice(0, 1).toLowerCase()}${line.slice(1)}`
}

export function plainData(document: Document): Result<unknown, string> {
  try {
    return ok(document.toJS())
  } catch (error) {
    // An alias without an anchor, or a bomb of aliases: the only things that fail this late.
    return fail(readable((error as Error).message))
  }
}

export const isPlainMap = (value: unknown): value is RawMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A scenario's files, the one that extends before the one it extends. */
export class Sources {
  constructor(readonly files: readonly SourceFile[]) {}

  /**
   * Where the value (or, `atKey`, the key) at a path stands. A missing value is traced to what it is missing from.
   * A map may be spread over several files; anything else belongs to the first file that has it.
   */
  locate(path: Path, atKey = false): Position {
    let here = this.files.map((file) => ({ file, node: file.root, key: file.root }))
    for (const step of path) {
      const next = here.flatMap(({ file, node }) => {
        const child = file.child(node, step)
        return child === undefined ? [] : [{ file, node: child.value, key: child.key }]
      })
      const first = next[0]
      if (first === undefined) return here[0]!.file.position(here[0]!.node)
      here = first.file.isMap(first.node) ? next.filter(({ file, node }) => file.isMap(node)) : [first]
    }
    const { file, node, key } = here[0]!
    return file.position(atKey ? key : node)
  }

  problem(path: Path, message: string, atKey = false): Problem {
    return { ...this.locate(path, atKey), path: formatPath(path), message }
  }
}
