/**
 * Scenario text and where in it things stand. YAML and JSON are read by one parser, because JSON is YAML; a value
 * found wrong later is traced back to file, line and column, across `extends`.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
} from 'yaml'
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import { settingName } from '../../coordinator/config.ts'
import { formatPath, type Path } from './path.ts'
import { type Flaw, flawsOf, isMergeKey } from './well-formed.ts'

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
    const document = parseScenarioYaml(text, lines)
    const problems = document.errors.map((error): Problem => {
      const { line, col } = lines.linePos(error.pos[0])
      const message = error.code === 'MULTIPLE_DOCS' ? 'must hold one document only' : readable(error.message, path)
      return { file: path, line, column: col, message }
    })
    if (problems.length > 0) return fail(problems)
    const raw = plainData(document)
    if (!raw.ok) {
      return fail(
        raw.error.map(({ offset, message }): Problem => {
          const { line, col } = lines.linePos(offset)
          return { file: path, line: Math.max(1, line), column: Math.max(1, col), message }
        }),
      )
    }
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
    return pair === undefined ? this.merged(container, step) : { key: pair.key, value: pair.value ?? pair.key }
  }

  /** What `<<` brings in; of several maps the first that has it. */
  private merged(map: YAMLMap, step: string | number): ReturnType<SourceFile['child']> {
    for (const { key, value } of map.items as Pair<unknown, Node>[]) {
      if (!isMergeKey(key)) continue
      const resolved = isAlias(value) ? value.resolve(this.document) : value
      const sources = isSeq(resolved) ? resolved.items : [resolved]
      for (const source of sources) {
        const found = this.isMap(source) ? this.child(source, step) : undefined
        if (found !== undefined) return found
      }
    }
    return undefined
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

/** Merge keys work as everywhere; how often an alias is used is no measure of what it makes (well-formed.ts). */
export const parseScenarioYaml = (text: string, lines?: LineCounter): Document =>
  parseDocument(text, {
    prettyErrors: false,
    merge: true,
    // What it would print goes into no report; warnings come back as flaws.
    logLevel: 'error',
    ...(lines !== undefined && { lineCounter: lines }),
  })

export function plainData(document: Document): Result<unknown, readonly Flaw[]> {
  try {
    const flaws = flawsOf(document)
    const warned = flaws.length > 0 ? [] : document.warnings.map(({ pos, message }) => flawAt(pos[0], message))
    if (flaws.length + warned.length > 0) return fail([...flaws, ...warned])
    return ok(document.toJS({ maxAliasCount: -1 }))
  } catch (error) {
    return fail([flawAt(0, (error as Error).message)])
  }
}

const flawAt = (offset: number, message: string): Flaw => ({ offset, message: readable(message) })

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

  /** Whether some file says anything at the path. */
  has(path: Path): boolean {
    return this.files.some((file) => {
      let node: unknown = file.root
      return path.every((step) => {
        const child = file.child(node, step)
        node = child?.value
        return child !== undefined
      })
    })
  }

  problem(path: Path, message: string, atKey = false): Problem {
    return { ...this.locate(path, atKey), path: formatPath(path), message }
  }
}
