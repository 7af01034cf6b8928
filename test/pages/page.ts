/**
 * What a Markdown page lets its reader do: commands in `console` blocks, after `$ `, with what they print below them, and files
 * to write, blocks whose info string holds `title="NAME"`. In what is shown, a line of `…` or `⋮ …` stands for lines left out. A block
 * `console measured` shows figures of a machine, which no two runs share: it is read, and neither run nor held to a digest.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse } from 'shell-quote'

export const ROOT = resolve(import.meta.dirname, '../..')

interface PageCommand {
  readonly kind: 'command'
  readonly line: number
  readonly text: string
  /** What the page shows of the output; empty where it shows nothing. */
  readonly shown: string
  readonly isMeasured: boolean
}

interface PageFile {
  readonly kind: 'file'
  readonly line: number
  readonly name: string
  readonly text: string
}

export type PageStep = PageCommand | PageFile

/** Pages that a reader follows, as paths from the root. */
export const pagePaths = (): readonly string[] => ['README.md', ...pagesBelow('docs')].toSorted()

const pagesBelow = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`)

export const pageText = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

interface Block {
  readonly info: string
  /** Of its first line below the fence, from 1. */
  readonly line: number
  readonly lines: readonly string[]
}

function blocksOf(text: string): readonly Block[] {
  const blocks: Block[] = []
  let open: { readonly info: string; readonly line: number; readonly lines: string[] } | undefined
  for (const [at, line] of text.split('\n').entries()) {
    const fence = /^```(.*)$/.exec(line)
    if (fence === null) open?.lines.push(line)
    else if (open === undefined) open = { info: fence[1]!.trim(), line: at + 2, lines: [] }
    else {
      blocks.push(open)
      open = undefined
    }
  }
  if (open !== undefined) throw new Error(`The block that opens above line ${open.line} is not closed.`)
  return blocks
}

export function stepsOf(text: string): readonly PageStep[] {
  return blocksOf(text).flatMap((block): readonly PageStep[] => {
    const title = /\btitle="([^"]+)"/.exec(block.info)
    if (title !== null)
      return [{ kind: 'file', line: block.line, name: title[1]!, text: `${block.lines.join('\n')}\n` }]
    return /^console\b/.test(block.info) ? commandsOf(block) : []
  })
}

function commandsOf({ info, line, lines }: Block): readonly PageCommand[] {
  const isMeasured = /\bmeasured\b/.test(info)
  const commands: PageCommand[] = []
  for (let at = 0; at < lines.length; ) {
    if (!lines[at]!.startsWith('$ '))
      throw new Error(`Line ${line + at}: a console block begins with a command after "$ ".`)
    const from = at
    let text = lines[at++]!.slice(2)
    while (text.endsWith('\\')) text = `${text.slice(0, -1).trimEnd()} ${lines[at++]!.trim()}`
    const shown: string[] = []
    while (at < lines.length && !lines[at]!.startsWith('$ ')) shown.push(lines[at++]!)
    while (shown.at(-1) === '') shown.pop()
    commands.push({
      kind: 'command',
      line: line + from,
      text: text.replace(/\s+# .*$/, ''),
      shown: shown.join('\n'),
      isMeasured,
    })
  }
  return commands
}

/** The words after `npx fleetlab` of every call of it in a line of shell. */
export function callsOf(command: string): readonly (readonly string[])[] {
  const calls: string[][] = [[]]
  for (const token of parse(command, (name) => `$${name}`)) {
    if (typeof token === 'string') calls.at(-1)!.push(token)
    else if ('pattern' in token) calls.at(-1)!.push(token.pattern)
    else calls.push([])
  }
  return calls.filter(([first, second]) => first === 'npx' && second === 'fleetlab').map((words) => words.slice(2))
}

/** Without what every change of the sources changes: the name of the simulator's code, which a baseline of other code is told. */
const steady = (text: string): string => text.replaceAll(/(?<=\(law [0-9a-f]{12} is now )[0-9a-f]{12}(?=\))/g, '…')

const isGap = (line: string): boolean => /^\s*[…⋮]/.test(line)

/** The first line shown that the output does not have, in its place; undefined where all are there. */
export function firstUntrue(shown: string, output: string): string | undefined {
  if (shown === '') return undefined
  const lines = steady(output).trimEnd().split('\n')
  let next = 0
  let mayJump = false
  for (const line of steady(shown).split('\n')) {
    if (isGap(line)) {
      mayJump = true
      continue
    }
    const found = mayJump ? lines.indexOf(line, next) : lines[next] === line ? next : -1
    if (found === -1) return line
    next = found + 1
    mayJump = false
  }
  return mayJump || next === lines.length ? undefined : `(the page ends here, the output goes on: ${lines[next]!})`
}

export const digestOf = (text: string): string => createHash('sha256').update(steady(text)).digest('hex').slice(0, 16)
