/**
 * The repository explains itself: every fact that the source cites stands in docs/facts, every code in the glossary. A citation
 * that leads nowhere fails with file and line. The forms of citations: docs/facts/README.md.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { builtinPolicies } from '../../sim/policy/index.ts'
import { type Citation, citations } from './citations.ts'
import { anchors, page, readPages, tableAfter } from './pages.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const DOCS = join(ROOT, 'docs')
const FACTS = join(DOCS, 'facts')

const read = (path: string): string => readFileSync(path, 'utf8')
const pages = readPages(FACTS)
const readme = read(join(FACTS, 'README.md'))
const glossary = read(join(DOCS, 'glossary.md'))
const roomPages = tableAfter(readme, '| Room | Page of a `§` alone |')
const codes = new Set([
  ...[...pages.values()].flatMap((each) => Array.from(each.codes)),
  ...page('invariants', read(join(DOCS, 'invariants.md'))).codes,
])
/** Names of machines in stories, and number formats, that look like codes. */
const NO_CODES = new Set(['S0'])

/** Texts that cite; recorded data and the examples of this test are none. */
const FILES = ['sim', 'ui', 'test', 'scenarios', 'docs'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:tsx?|ya?ml|md)$/u.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((path) => !/^test\/(?:facts|conformance\/recorded)\//u.test(path)),
)

const roomPage = (path: string): string | undefined => {
  const [folder, room, name] = path.split('/')
  if (folder === 'docs' && room === 'facts') return name!.replace('.md', '')
  return folder === 'sim' || folder === 'test' ? roomPages.get(room!) : undefined
}

/** What is wrong with a citation, or nothing. */
function missing(citation: Citation): readonly string[] {
  const { page: name, sections } = citation
  if (name === undefined)
    return citation.codes.filter((code) => !codes.has(code) && !NO_CODES.has(code)).map((code) => `code ${code}`)
  const found = pages.get(name)
  if (found === undefined) return [`page ${name}`]
  return sections.filter((section) => !found.sections.has(section)).map((section) => `${name} §${section}`)
}

const cited = FILES.map((path) => ({ path, all: citations(read(join(ROOT, path)), path, roomPage(path)) }))

/** Pages and codes that files below a folder cite. */
const citedBy = (folder: string) =>
  cited
    .filter(({ path }) => path.startsWith(folder))
    .flatMap(({ all }) => all.map((each) => each.page ?? each.codes[0]!))

describe('facts', () => {
  it('hold every page, section and code that is cited', () => {
    const broken = cited.flatMap(({ path, all }) =>
      all.flatMap((each) =>
        missing(each).map((what) => `${path}:${each.line} “${each.text}” cites ${what}, which is not in docs/`),
      ),
    )
    expect(broken).toEqual([])
  })

  it('are cited by the rooms they are for', () => {
    expect(new Set(citedBy('sim/coordinator'))).toContain('coordinator-routing')
    expect(new Set(citedBy('sim/mac'))).toContain('provider-runtime')
    expect(new Set(citedBy('sim/metrics'))).toContain('INV-9')
    expect(citedBy('sim/').length).toBeGreaterThan(500)
    expect(citedBy('test/').length).toBeGreaterThan(500)
  })

  it('are listed, each page with what it is about, as of when, from where and how sure', () => {
    for (const each of pages.values()) {
      expect(readme, each.name).toContain(`[${each.name}](${each.name}.md)`)
      const opening = each.text.slice(0, each.text.indexOf('\n## '))
      for (const word of ['**What.**', '**As of**', '**From**']) expect(opening, each.name).toContain(word)
      expect(opening, each.name).toMatch(/\b[Ss]ure\b/u)
    }
  })

  it('name only built-in policies that exist', () => {
    const named = [...pages.values()].flatMap(({ text }) =>
      [...text.matchAll(/`(pools-[\w-]+)`/gu)].map((match) => match[1]!),
    )
    const known = new Set(builtinPolicies.map(({ name }) => name))
    expect(named.filter((name) => !known.has(name))).toEqual([])
    expect(named.length).toBeGreaterThan(4)
  })

  it('have one heading per section number', () => {
    for (const each of pages.values()) {
      const numbers = [...each.text.matchAll(/^#+ (\d+(?:\.\d+)?)[. ]/gmu)].map((match) => match[1]!)
      expect(numbers, each.name).toEqual([...each.sections])
    }
  })
})

describe('the glossary', () => {
  const oneLine = tableAfter(glossary, '| Code | In one line |')
  const families = [...tableAfter(glossary, '| Family | What |').keys()].flatMap((names) => names.split(', '))
  const words = tableAfter(glossary, '| Word | Means |')
  const prose = [...FILES.filter((path) => /^(?:sim|ui)\//u.test(path)), 'README.md']
    .map((path) => read(join(ROOT, path)))
    .join('\n')
    .toLowerCase()

  it('has a line for every code in sim/', () => {
    const used = cited
      .filter(({ path }) => path.startsWith('sim/'))
      .flatMap(({ path, all }) =>
        all.flatMap((each) => each.codes.map((code) => ({ code, at: `${path}:${each.line}` }))),
      )
    expect(used.filter(({ code }) => !oneLine.has(code) && !code.startsWith('INV-'))).toEqual([])
  })

  it('names the family of every code of the facts, and no code that they do not hold', () => {
    const known = new Set(families.map((name) => name.replace('-', '')))
    expect([...codes].filter((code) => !known.has(code.replaceAll(/[-\d]/gu, '')))).toEqual([])
    expect([...oneLine.keys()].filter((code) => !codes.has(code))).toEqual([])
  })

  it('explains only words that the source or the README uses', () => {
    const stems = [...words.keys()].map((word) => ({
      word,
      pattern: new RegExp(word.toLowerCase().replaceAll(/[\s_-]+/gu, '[\\s_*/-]*'), 'u'),
    }))
    expect(stems.filter(({ pattern }) => !pattern.test(prose)).map(({ word }) => word)).toEqual([])
    expect(words.size).toBeGreaterThan(40)
  })
})

it('links between the pages lead to files and headings', () => {
  for (const path of ['docs/glossary.md', 'docs/facts/README.md']) {
    for (const [, target, anchor] of read(join(ROOT, path)).matchAll(/\]\(([\w./-]+)(?:#([\w-]+))?\)/gu)) {
      const file = join(ROOT, dirname(path), target!)
      expect(existsSync(file), `${path}: ${target}`).toBe(true)
      if (anchor !== undefined) expect([...anchors(read(file))], `${path}: ${target}`).toContain(anchor)
    }
  }
})

/** Line, page or codes, and sections of what is found where § alone means mac-provider. */
const found = (text: string, file = 'a.ts') =>
  citations(text, file, 'mac-provider').map(({ line, page: name, sections, codes: each }) =>
    [line, name ?? each.join(), sections.join()].filter((cell) => cell !== ''),
  )

describe('citations', () => {
  it('are found in every form, over the ends of lines', () => {
    expect(found('/** (facts: coordinator-routing §4.2, §5 and\n * §6–§8) */')).toEqual([
      [1, 'coordinator-routing', '4.2,5,6,8'],
    ])
    expect(found('/** coordinator-control\n * 1.4, provider-runtime.md section 3.1 */')).toEqual([
      [1, 'coordinator-control', '1.4'],
      [2, 'provider-runtime', '3.1'],
    ])
    expect(found('// control §2.3–2.4; routing §5')).toEqual([
      [1, 'coordinator-control', '2.3,2.4'],
      [1, 'coordinator-routing', '5'],
    ])
    expect(found('\n// PR-8 and MP-2.2 of PR 432')).toEqual([
      [2, 'provider-runtime', '8'],
      [2, 'mac-provider', '2.2'],
    ])
    expect(found('// G1 … G12, WP13, INV-10')).toEqual([
      [1, 'G1,G12'],
      [1, 'WP13'],
      [1, 'INV-10'],
    ])
    expect(found("it.each([1])('D4: 429 (control §10.2)', () => {})")).toEqual([
      [1, 'coordinator-control', '10.2'],
      [1, 'D4'],
    ])
    expect(found('a: 1 # (routing §5)', 'a.yaml')).toEqual([[1, 'coordinator-routing', '5']])
  })

  it('with a § alone mean the page named first in the first comment, else that of the room', () => {
    expect(found('/** provider-runtime §3. */\n// control §2\n// §5.1')).toEqual([
      [1, 'provider-runtime', '3'],
      [2, 'coordinator-control', '2'],
      [3, 'provider-runtime', '5.1'],
    ])
    expect(found('/** About. */\n// control §2\n// §5.1').at(-1)).toEqual([3, 'mac-provider', '5.1'])
    expect(citations('// §5.1', 'a.ts', undefined).map(missing)).toEqual([['page unnamed']])
  })

  it('are no names in code, measures, or everyday words', () => {
    expect(found('const A1 = S7 // the ledger of 12, a workload 3 times as large\nconst text = "G4"')).toEqual([])
    expect(found('// mac-provider 2.3, 97 tok/s')).toEqual([[1, 'mac-provider', '2.3']])
  })

  it('that lead nowhere are told apart', () => {
    const text = '// §4.2 §4.9 A13 A20 INV-99 provider-runtime 5.4, 5.12'
    expect(citations(text, 'a.ts', 'coordinator-routing').flatMap(missing)).toEqual([
      'coordinator-routing §4.9',
      'provider-runtime §5.12',
      'code A20',
      'code INV-99',
    ])
  })
})
