/** What README and docs tell their reader to type is understood by the command line, and what they show as its answer is what it was. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { buildProgram } from '../sim/cli/program.ts'
import type { Session } from '../sim/cli/session.ts'
import type { KeptOutput } from './pages/fresh-clone.ts'
import { callsOf, digestOf, firstUntrue, pagePaths, pageText, ROOT, stepsOf } from './pages/page.ts'

const outputs = JSON.parse(readFileSync(join(ROOT, 'docs', 'outputs.json'), 'utf8')) as Record<
  string,
  readonly KeptOutput[]
>

const commandsOn = (path: string) =>
  stepsOf(pageText(path))
    .flatMap((step) => (step.kind === 'command' ? [step] : []))
    .filter(({ isMeasured, text }) => !isMeasured && !/\bnpm (?:test|run test)/.test(text))

/** Commands of `sh` blocks are typed elsewhere than in a clone; they must be understood all the same. */
const typedOn = (path: string): readonly string[] => [
  ...stepsOf(pageText(path)).flatMap((step) => (step.kind === 'command' ? [step.text] : [])),
  ...Array.from(pageText(path).matchAll(/```sh\n([\s\S]*?)```/g), ([, text]) =>
    text!.replaceAll(/\\\n\s*/g, '').split('\n'),
  )
    .flat()
    .map((line) => line.replace(/\s+# .*$/, '')),
]

/** Reads the words as the command line would, and runs nothing. */
function complaintAbout(words: readonly string[]): string | undefined {
  // Nothing is printed or opened: the action of every command is put aside below.
  const program = buildProgram({
    console: { print: () => {}, note: () => {} },
    outputs: { begin: () => {} },
  } as unknown as Session)
  const putAside = (command: Command): void => {
    command.exitOverride()
    if (command.commands.length === 0) command.action(() => {})
    command.commands.forEach(putAside)
  }
  putAside(program)
  try {
    program.parse([...words], { from: 'user' })
    return undefined
  } catch (error) {
    const { message, exitCode } = error as { readonly message: string; readonly exitCode?: number }
    return exitCode === 0 ? undefined : message
  }
}

const typed = pagePaths().flatMap((path) =>
  typedOn(path).flatMap((text) => callsOf(text).map((words) => ({ path, words }))),
)

describe('commands on the pages', () => {
  it('are many', () => {
    expect(typed.length).toBeGreaterThan(20)
  })

  it.each(typed.map(({ path, words }) => [`${path}: fleetlab ${words.join(' ')}`, words] as const))(
    '%s',
    (_, words) => {
      expect(complaintAbout(words)).toBeUndefined()
    },
  )

  it('a misspelt one is found out', () => {
    expect(complaintAbout(['compare', 'a.yaml', '--sedes', '1-3'])).toMatch(/unknown option '--sedes'/)
    expect(complaintAbout(['compere', 'a.yaml'])).toMatch(/unknown command 'compere'/)
  })
})

describe('what the pages show', () => {
  const pages = pagePaths().filter((path) => commandsOn(path).length > 0)

  it('is kept for every page with commands, and for no other', () => {
    expect(Object.keys(outputs)).toEqual(pages)
  })

  it.each(pages)('of %s is what was printed when it was followed last', (path) => {
    const now = commandsOn(path).map(({ text, shown }) =>
      shown === '' ? { command: text } : { command: text, shown: digestOf(shown) },
    )
    const then = outputs[path]!.map(({ command, shown }) => (shown === undefined ? { command } : { command, shown }))
    expect(now, `\`npm run docs:outputs -- ${path}\` follows it again`).toEqual(then)
  })
})

describe('lines shown of an output', () => {
  it.each([
    ['all of it', 'a\nb', 'a\nb\n', undefined],
    ['a beginning', 'a\n…', 'a\nb\n', undefined],
    ['both ends', 'a\n⋮ more\nc', 'a\nb\nc\n', undefined],
    ['an invented line', 'a\nx', 'a\nb\n', 'x'],
    ['lines in another order', '…\nb\n…\na', 'a\nb\n', 'a'],
    ['a part that looks whole', 'a', 'a\nb\n', '(the page ends here, the output goes on: b)'],
  ])('%s', (_, shown, output, untrue) => {
    expect(firstUntrue(shown, output)).toBe(untrue)
  })
})

it('links lead to files that exist', () => {
  const broken = pagePaths().flatMap((path) =>
    [...pageText(path).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map((match) => match[1]!)
      .filter((link) => !/^[a-z]+:/.test(link) && !existsSync(join(ROOT, dirname(path), link)))
      .map((link) => `${path}: ${link}`),
  )
  expect(broken).toEqual([])
})

it('files and folders named on pages exist', () => {
  // What stands in capitals is the reader's to fill in, and a * his shell's.
  const named = pagePaths().flatMap((path) =>
    [...pageText(path).matchAll(/`((?:sim|ui|test)\/[\w./-]+)`/g)]
      .map((match) => match[1]!)
      .filter((file) => !/[A-Z]{4}/.test(file))
      .map((file) => ({ path, file })),
  )
  expect(named.length).toBeGreaterThan(30)
  expect(named.filter(({ file }) => !existsSync(join(ROOT, file)))).toEqual([])
})

it('the architecture has a word for every room below sim/, and for the rooms in it', () => {
  const page = pageText('docs/architecture.md')
  const roomsOf = (folder: string) =>
    readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() && readdirSync(join(ROOT, folder, entry.name)).length > 0 ? [entry.name] : [],
    )
  const rooms = roomsOf('sim').flatMap((room) => [room, ...roomsOf(`sim/${room}`)])
  // Tables of figures, and examples to read.
  const folders = new Set(['gallery', 'measurements'])
  expect(rooms.filter((room) => !folders.has(room) && !page.includes(`\`${room}\``))).toEqual([])
})
