/** File names made of any text: readable, and one to one on every disk. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { fileName } from '../../../sim/cli/output/file-name.ts'

/** As a disk that ignores case and takes letters with accents apart sees a name. */
const onDisk = (name: string): string => name.normalize('NFKD').toUpperCase().toLowerCase().normalize('NFKD')

const SIMILAR = [
  ['開放', '分池'],
  ['ratio 4/12', 'ratio 4 12', 'ratio_4_12', 'ratio-4-12'],
  ['open', 'OPEN', 'Open', 'oPEN'],
  ['./mine.ts', 'mine.ts', 'a/mine.ts', 'b/mine.ts'],
  ['é', 'e\u0301', 'E\u0301', 'e'],
  ['straße', 'STRASSE', 'strasse'],
  ['', ' ', '.', '..', '...', '-', '/', '\\'],
  ['a.', 'a', 'a..'],
  ['\uD800', '\uD801', '\uFFFD'],
  ['con', 'CON', 'con.txt'],
  ['a'.repeat(300), 'a'.repeat(301)],
]

describe('a file name', () => {
  it.each(SIMILAR)('is another for each of %j …', (...texts) => {
    expect(new Set(texts.map((text) => onDisk(fileName(text)))).size).toBe(texts.length)
  })

  it.each(['open', 'pools-afe8135', 'open-one-slot', 'a+b@2.0_x'])(
    'is the text itself where that is plain: %s',
    (text) => {
      expect(fileName(text)).toBe(text)
    },
  )

  it('shows the text where it is not', () => {
    expect(fileName('開放')).toMatch(/^開放~[0-9a-f]{16}$/)
    expect(fileName('ratio 4/12')).toMatch(/^ratio-4-12~[0-9a-f]{16}$/)
    expect(fileName('./mine.ts')).toMatch(/^mine\.ts~[0-9a-f]{16}$/)
  })

  const anyText = fc.string({ unit: 'binary', maxLength: 400 })
  test.prop([anyText])('is always one name, that any disk takes', (text) => {
    const name = fileName(text)
    // eslint-disable-next-line no-control-regex
    expect(name).not.toMatch(/[\u0000-\u001F/\\:*?"<>|]|^\.|[. ]$/)
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255)
    expect(Buffer.byteLength(name)).toBeGreaterThan(0)
  })

  const cased = fc.string({
    unit: fc.constantFrom('a', 'A', 'é', 'e\u0301', ' ', '/', '.', '~', '-', 'ß', 'ss'),
    maxLength: 4,
  })
  test.prop([cased, cased])('is the same only for the same text', (one, other) => {
    expect(onDisk(fileName(one)) === onDisk(fileName(other))).toBe(one === other)
  })
})
