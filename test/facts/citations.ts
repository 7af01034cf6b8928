/**
 * Finds the citations in a source text: sections of pages of docs/facts ("coordinator-routing §4.2", "mac-provider 2.3",
 * "PR-8", a bare "§4.2") and codes ("A13", "X7", "INV-10"). Only comments and test names are read, so that a name in code is
 * never taken for a code. How they may be written, and which page a bare § means, stands in docs/facts/README.md.
 */

export interface Citation {
  readonly line: number
  readonly text: string
  /** The page that is cited; undefined: the code itself says where it stands. */
  readonly page: string | undefined
  /** Section numbers, "4.2"; a range counts as both of its ends. */
  readonly sections: readonly string[]
  readonly codes: readonly string[]
}

const PAGES = 'coordinator-routing|coordinator-control|mac-provider|provider-runtime|workload|ledger|peers'
const SHORT: Readonly<Record<string, string>> = {
  routing: 'coordinator-routing',
  control: 'coordinator-control',
  CR: 'coordinator-routing',
  PR: 'provider-runtime',
  MP: 'mac-provider',
}

/** What a comment that goes on in the next line puts between two words. */
const GAP = String.raw`(?:\s+(?:\*|\/\/|#)?\s*)`
const NUMBER = String.raw`\d{1,2}(?:\.\d{1,2})?(?![\d%])`
const RANGE = String.raw`${NUMBER}(?:(?:[–…-]|${GAP}…${GAP})§?${NUMBER})?`
const MORE = String.raw`(?:(?:,|;|${GAP}and)${GAP}§?${RANGE}(?!${GAP}(?:tok|ms|s|GB|TFLOP|tokens|requests|Macs)\b))*`

/** A page by its name (or a short name) with what it is asked for, a short code of it, or a section alone. */
const SECTIONS = new RegExp(
  [
    String.raw`\b(?<page>${PAGES})(?:\.md\b)?(?<after>,?${GAP}(?:section${GAP})?§?${RANGE}${MORE})?`,
    String.raw`\b(?<short>routing|control)(?<shortAfter>${GAP}§?${RANGE}${MORE})`,
    String.raw`\b(?<prefix>CR|PR|MP)-(?<prefixAfter>${RANGE}${MORE})`,
    String.raw`(?<bare>§${RANGE}${MORE})`,
  ].join('|'),
  'gu',
)
/** Pages whose names are everyday words count only where a section or `.md` follows. */
const EVERYDAY = new Set(['workload', 'ledger', 'peers'])

/** M and V are chips and a JavaScript engine: no families of codes. */
export const FAMILIES = 'INV-|PL|AS|AL|WP|GN|A|B|C|D|F|G|H|L|Q|S|T|W|X'
const CODES = new RegExp(
  String.raw`(?<![\w#./-])(${FAMILIES})(\d{1,2})(?![\w-]|\.\d)(?:\s?[–…]\s?(?:${FAMILIES})?(\d{1,2})(?![\w]))?`,
  'gu',
)

/** `roomPage`: what a § alone means in a file whose first comment names no page. */
export function citations(text: string, file: string, roomPage: string | undefined): readonly Citation[] {
  const found: Citation[] = []
  const parts = spokenParts(text, file)
  const head = isProse(file) ? undefined : parts[0]
  const filePage = (head && firstPage(head.part)) ?? roomPage
  for (const { at, part } of parts) {
    for (const match of part.matchAll(SECTIONS)) {
      const groups = match.groups!
      const page = namedPage(match)
      const after = groups['after'] ?? groups['shortAfter'] ?? groups['prefixAfter'] ?? groups['bare'] ?? ''
      if (page === undefined && groups['bare'] === undefined) continue
      found.push({
        line: lineAt(text, at + match.index),
        text: match[0],
        page: page ?? filePage ?? 'unnamed',
        sections: after.match(/\d+(?:\.\d+)?/gu) ?? [],
        codes: [],
      })
    }
    for (const match of part.matchAll(CODES)) {
      const [all, family, first, end] = match
      const numbers = end === undefined ? [first] : [first, end]
      const codes = numbers.map((number) => `${family}${Number(number)}`)
      found.push({ line: lineAt(text, at + match.index), text: all, page: undefined, sections: [], codes })
    }
  }
  return found
}

/** The page a match names; none for a § alone and for everyday words. */
function namedPage(match: RegExpMatchArray): string | undefined {
  const groups = match.groups!
  const short = groups['short'] ?? groups['prefix']
  if (short !== undefined) return SHORT[short]
  const page = groups['page']
  return page !== undefined && EVERYDAY.has(page) && !/\.md|§/u.test(match[0]) ? undefined : page
}

/** What the first citation of a comment names; a § alone names nothing. */
function firstPage(text: string): string | undefined {
  for (const match of text.matchAll(SECTIONS)) {
    const page = namedPage(match)
    if (page !== undefined || match.groups!['bare'] !== undefined) return page
  }
  return undefined
}

const isProse = (file: string): boolean => file.endsWith('.md')

const lineAt = (text: string, at: number): number => text.slice(0, at).split('\n').length

interface Part {
  readonly at: number
  readonly part: string
}

/** Comments, and in tests the names of tests; of a page of prose the whole. */
function spokenParts(text: string, file: string): readonly Part[] {
  if (isProse(file)) return [{ at: 0, part: text }]
  const pattern = /\.ya?ml$/u.test(file)
    ? /(?:^\s*#.*\n)+|#.*/gmu
    : /\/\*[\s\S]*?\*\/|(?:^[ \t]*\/\/.*\n)+|\/\/.*|\b(?:it|test|describe)(?:\.\w+)*(?:\([^'"`]*\))?\(\s*(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`[^`]*`)|'(?:\\.|[^'\\\n])*(?:§|provider|routing|control)(?:\\.|[^'\\\n])*'/gmu
  return [...text.matchAll(pattern)].map((match) => ({ at: match.index, part: match[0] }))
}
