/** Names are text whatever they hold: in the terminal and in Markdown. HTML has a test of its own, with a browser. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { visible, visibleLines } from '../../../sim/base/visible.ts'
import { painter, terminalText } from '../../../sim/cli/output/console.ts'
import { markdownTable } from '../../../sim/report/form/markdown.ts'
import { markdownText } from '../../../sim/report/form/markdown-text.ts'
import { formatTable } from '../../../sim/report/form/table.ts'

const HOSTILE = [
  '<img src=x onerror=alert(1)>',
  'a|b',
  '`code` ``x``',
  '[x](javascript:alert(1))',
  '![x](https://example.org/x.png)',
  '[x]: https://example.org',
  '\u001B[31mred\u001B[0m \u001B]0;title\u0007 \u001B[2J',
  'two\nlines\r\nand\u2028more',
  'left \u202Eto right\u202C \u200F\u2066',
  '*bold* __bold__ _it_ ~~out~~ $x$ &lt;b&gt; \\| # head',
  'www.example.org https://example.org a@b',
] as const

describe('the terminal', () => {
  it.each(HOSTILE)('shows %j and does nothing that it says', (name) => {
    const shown = terminalText(`a line with ${name}`)
    expect(shown).not.toMatch(/[^\P{Cc}\n]|[\u2028\u202E\u200F\u2066]/u)
    expect(formatTable({ columns: [{ head: name, align: 'left' }], rows: [[name]] }).split('\n')).toHaveLength(3)
  })

  it('dresses what we dress, and shows the escapes of a name inside it', () => {
    const paint = painter(true)
    expect(terminalText(`${paint('bad', 'no \u001B[32mgreen')} plain`)).toBe(
      '\u001B[31mno \\u{1B}[32mgreen\u001B[39m plain',
    )
    expect(terminalText(`${paint('strong', 'a')}${paint('dim', 'b')}${paint('plain', 'c')}`)).toBe(
      '\u001B[1ma\u001B[22m\u001B[2mb\u001B[22mc',
    )
    expect(painter(false)('bad', 'x')).toBe('x')
  })

  test.prop([fc.string({ unit: 'binary' })])(
    'never sends a control character but the ends of lines and tabs',
    (text) => {
      expect(visibleLines(text)).not.toMatch(/[^\P{Cc}\n\t]/u)
      expect(visible(text)).not.toMatch(/\p{Cc}/u)
    },
  )

  it('leaves letters of every script and joined emoji as they are', () => {
    for (const text of ['開放', 'نمی\u200Cخواهم', '👩\u200D💻', 'naïve', 'שלום']) expect(visible(text)).toBe(text)
  })
})

/** What a reader of Markdown makes of it: our escapes taken back. */
const unescaped = (markdown: string): string => markdown.replaceAll(/\\([!-/:-@[-`{-~])/g, '$1')

/** Something that Markdown acts on. */
const ACTIVE = /(?<!\\)(?:\\\\)*(?:[`*<>|~$&]|\](?=[([:])|!\[|(?<=https?|ftp):|(?<=www)\.)/i

describe('Markdown', () => {
  it.each(HOSTILE)('holds %j as text, on one line', (name) => {
    const text = markdownText(name)
    expect(text).not.toMatch(ACTIVE)
    expect(text).not.toMatch(/[\p{Cc}\u2028\u202E]/u)
    expect(unescaped(text)).toBe(visible(name))
  })

  test.prop([fc.string({ unit: fc.constantFrom(...Array.from('ab \\`*_[](){}<>#|!&$~:.\n')) })])(
    'holds any text as text',
    (name) => {
      expect(markdownText(name)).not.toMatch(ACTIVE)
      expect(unescaped(markdownText(name))).toBe(visible(name))
    },
  )

  it('has as many cells as the table, whatever is in them', () => {
    const columns = [
      { head: 'a|b', align: 'left' },
      { head: 'c', align: 'right' },
    ] as const
    const lines = markdownTable({ columns, rows: HOSTILE.map((name) => [name, name]) }).split('\n')
    expect(lines).toHaveLength(HOSTILE.length + 2)
    for (const line of lines) expect(line.match(/(?<!\\)(?:\\\\)*\|/g)).toHaveLength(3)
  })

  it('leaves figures and reasons as readable as they are', () => {
    for (const text of ['64.13 [35.13, 83.94] %', 'pool_exhausted', '+3.10 pp', 'gemma-4-26b', '≤ 5 s'])
      expect(markdownText(text)).toBe(text)
  })
})
