/** What is put into HTML is text, whatever it is. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { html } from '../../../sim/report/page/markup.ts'
import { visible } from '../../../sim/base/visible.ts'

const ENTITIES: readonly (readonly [string, string])[] = [
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&#39;', "'"],
  ['&#96;', '`'],
  ['&amp;', '&'],
]
/** As a browser reads it. */
const read = (text: string): string =>
  ENTITIES.reduce((all, [entity, character]) => all.replaceAll(entity, character), text)

describe('html', () => {
  test.prop([fc.string({ unit: 'grapheme' })])('gives every text back, and lets none of it be markup', (text) => {
    const { text: made } = html`<p title="${text}">${text}</p>`
    const [, title, body] = /^<p title="([^"<>'`]*)">([^<>"'`]*)<\/p>$/.exec(made)!
    expect(read(title!)).toBe(visible(text))
    expect(read(body!)).toBe(visible(text))
  })

  it('takes its own markup as it is, in lists too, and nothing for undefined', () => {
    const items = ['<a>', 'b'].map((each) => html`<li>${each}</li>`)
    expect(html`<ul>${items}${undefined}${7}</ul>`.text).toBe('<ul><li>&lt;a&gt;</li><li>b</li>7</ul>')
  })
})
