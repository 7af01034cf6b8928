/** Somebody's text in a Markdown page. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { markdownBlock, markdownCode, markdownTarget } from '../../../sim/report/form/markdown-text.ts'

const NASTY = fc.string({
  unit: fc.constantFrom(
    'a',
    '`',
    '|',
    '\\',
    '<',
    '>',
    '&',
    '\n',
    '\r',
    '*',
    '_',
    '[',
    ']',
    '(',
    ')',
    '#',
    ' ',
    '\u202E',
    '😀',
    '@',
    ':',
  ),
  maxLength: 30,
})

/** What a reader of Markdown takes for the text: that of the code span, or of the element with its entities solved. */
function shownBy(markdown: string): string {
  const span = /^`([^`]*)`$/.exec(markdown)
  if (span !== null) return span[1]!
  const element = /^<code>([^<>]*)<\/code>$/.exec(markdown)!
  return element[1]!.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
}

describe('text as code', () => {
  test.prop([NASTY])('is one line without a bar, and shows the text', (text) => {
    const code = markdownCode(text)
    expect(code).not.toMatch(/[\n\r|]/)
    if (text.trim() === '') return
    expect(shownBy(code)).toBe(
      text.replaceAll('\n', '\\u{A}').replaceAll('\r', '\\u{D}').replaceAll('\u202E', '\\u{202E}'),
    )
  })

  it('stays readable where nothing needs care', () => {
    expect(markdownCode('models["m"].goodput under open')).toBe('`models["m"].goodput under open`')
    expect(markdownCode('a|b')).toBe('<code>a&#124;b</code>')
  })
})

test.prop([fc.array(NASTY, { minLength: 1, maxLength: 5 })])('no line ends the block it is in', (lines) => {
  const [first, ...rest] = markdownBlock(lines).split('\n')
  const fence = first!.slice(0, -'text'.length)
  expect(rest.indexOf(fence)).toBe(lines.length)
  expect(rest.slice(0, -1).every((line) => !line.trimStart().startsWith(fence))).toBe(true)
})

test.prop([NASTY])('a link ends where its target does', (path) => {
  expect(markdownTarget(path.replaceAll(/[\uD800-\uDFFF]/g, ''))).not.toMatch(/[()<>\s\\|[\]]/)
})
