/**
 * What YAML allows and a scenario does not: tags, numbers without a value, maps and lists as keys, control characters, and
 * aliases that hold themselves or grow beyond measure. Found on the parsed document, before anybody turns it into data,
 * so that each is said with its place.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml'

export interface Flaw {
  /** Into the text. */
  readonly offset: number
  readonly message: string
}

/** The largest fleet there may be, each Mac spelled out, has fewer values than this. */
const VALUES_MAX = 5_000_000
/** No key of a scenario lies deeper than eight. */
const DEPTH_MAX = 64
/** One line per mistake is enough to see what kind it is. */
const FLAWS_MAX = 10

const CORE = 'tag:yaml.org,2002:'
const PLAIN_TAGS: ReadonlySet<string> = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq'])
/** All but tab and the ends of lines; halves of characters, and what stands for bytes that were no text. */
const UNREADABLE = /[^\t\n\r\P{Cc}]|[\p{Cs}\uFFFD]/u

/** Which character of a text is none, in words. */
export function unreadableIn(text: string, unreadable = UNREADABLE): string | undefined {
  const found = unreadable.exec(text)?.[0]
  if (found === undefined) return undefined
  const code = found.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
  return `holds the character U+${code}, which is no text${code === 'FFFD' ? '; save it as UTF-8' : ''}`
}

export const isMergeKey = (key: unknown): boolean =>
  isScalar(key) && (key.value === '<<' || typeof key.value === 'symbol')

export function flawsOf(document: Document): readonly Flaw[] {
  const search = new Search(document)
  if (document.contents !== null) search.measure(document.contents, 0)
  return search.flaws.slice(0, FLAWS_MAX).sort((a, b) => a.offset - b.offset)
}

class Search {
  readonly flaws: Flaw[] = []
  /** Values below a node with its aliases written out; while a node is being measured, it is not there yet. */
  private readonly sizes = new Map<Node, number>()
  private readonly under = new Set<Node>()
  private isTooLarge = false

  constructor(private readonly document: Document) {}

  /** How many values a node stands for. */
  measure(node: Node, depth: number): number {
    if (isAlias(node)) return this.measureAlias(node, depth)
    const known = this.sizes.get(node)
    if (known !== undefined) return known
    if (depth > DEPTH_MAX) {
      this.complain(node, `is nested too deeply: ${DEPTH_MAX} levels are the most`)
      return 1
    }
    this.under.add(node)
    this.checkTag(node)
    if (isScalar(node)) this.checkScalar(node)
    let size = 1
    if (isSeq(node)) for (const item of node.items as (Node | null)[]) size += this.below(item, depth)
    if (isMap(node)) size += this.measureMap(node.items as Pair<Node | null, Node | null>[], depth)
    this.under.delete(node)
    this.sizes.set(node, size)
    if (size > VALUES_MAX && !this.isTooLarge) {
      this.isTooLarge = true
      this.complain(node, `grows to more than ${VALUES_MAX} values once its aliases are written out`)
    }
    return size
  }

  private below(node: Node | null, depth: number): number {
    return node === null ? 1 : this.measure(node, depth + 1)
  }

  private measureAlias(node: Node & { readonly source: string }, depth: number): number {
    const target = isAlias(node) ? node.resolve(this.document) : undefined
    if (target === undefined) this.complain(node, `\`*${node.source}\` has no anchor \`&${node.source}\` before it`)
    else if (this.under.has(target)) this.complain(node, `\`*${node.source}\` is part of what it stands for`)
    else return this.measure(target, depth)
    return 1
  }

  private measureMap(pairs: readonly Pair<Node | null, Node | null>[], depth: number): number {
    let size = 0
    const seen = new Set<string>()
    for (const { key, value } of pairs) {
      size += this.below(value, depth)
      if (key === null) continue
      this.measure(key, depth + 1)
      const named = isAlias(key) ? key.resolve(this.document) : key
      if (isMergeKey(named)) this.checkMerge(key, value)
      else this.checkKey(key, isScalar(named) ? named.value : undefined, seen)
    }
    return size
  }

  /** `1` and `"1"` are one key to whoever reads the data. */
  private checkKey(key: Node, value: unknown, seen: Set<string>): void {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      return this.complain(key, 'is no key: keys are plain text')
    }
    const text = String(value)
    if (seen.has(text)) this.complain(key, `\`${text}\` is there a second time`)
    seen.add(text)
  }

  /** `<<` takes over the keys of a map, or of several. */
  private checkMerge(key: Node, value: Node | null): void {
    const resolved = isAlias(value) ? value.resolve(this.document) : value
    const sources = isSeq(resolved) ? (resolved.items as Node[]) : [resolved]
    const isRight = sources.every((source) => isMap(isAlias(source) ? source.resolve(this.document) : source))
    if (!isRight) this.complain(key, '`<<` must be a map, an alias of one, or a list of those')
  }

  private checkTag(node: Node): void {
    const { tag } = node as { readonly tag?: string }
    if (tag === undefined || PLAIN_TAGS.has(tag.replace(CORE, ''))) return
    this.complain(node, `has the tag \`${tag.replace(CORE, '!!')}\`, which means nothing here; leave it away`)
  }

  private checkScalar(node: Scalar): void {
    const { value } = node
    if (typeof value === 'number' && !Number.isFinite(value)) {
      this.complain(node, `\`${node.source ?? String(value)}\` is no number that can be counted with`)
    }
    const unreadable = typeof value === 'string' ? unreadableIn(value) : undefined
    if (unreadable !== undefined) this.complain(node, unreadable)
  }

  private complain(node: Node, message: string): void {
    this.flaws.push({ offset: node.range?.[0] ?? 0, message })
  }
}
