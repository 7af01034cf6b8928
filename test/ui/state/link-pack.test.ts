/** What a link carries in its letters, there and back, and what a stranger's letters may not do. */
import { deflateRawSync } from 'node:zlib'
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { PACK_MAX, packed, unpacked } from '../../../ui/state/link-pack.ts'
import { policyText } from '../../../sim/lab/policy/policy-text.ts'

const lettersOf = (text: string | Buffer): string => deflateRawSync(text).toString('base64url')
const ofJson = (value: unknown): Promise<unknown> => unpacked(lettersOf(JSON.stringify(value)))

describe('letters of a link', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 300 })
  test.prop([text, text, text], { numRuns: 40 })(
    'bring back scenario, files and policies as they were, in letters that every address takes',
    async (scenario, log, policy) => {
      const pack = {
        scenario: { path: 'mine.yaml', text: scenario },
        beside: { 'logs/day.csv': log },
        own: { 'mine.ts': policy },
      }
      const letters = await packed(pack)
      expect(letters).toMatch(/^[\w-]+$/)
      expect(await unpacked(letters)).toEqual({ ok: true, value: pack })
    },
  )

  it('have room for a policy and for an edit of 20 kB', async () => {
    const lines = Array.from(
      { length: 400 },
      (_, i) => `  - at: ${(i * 7919) % 3600}s  # user ${(i * 104729) % 997} comes back`,
    )
    const edit = `120.0.${lines.join('\n')}`
    expect(edit.length).toBeGreaterThan(14_000)
    const letters = await packed({ edit, own: { 'mine.ts': policyText('mine') } })
    expect(letters.length).toBeLessThan(PACK_MAX)
  })

  it('that unpack to more than 8 MB are let go before they do', async () => {
    const bomb = lettersOf(Buffer.alloc(48_000_000))
    expect(bomb.length).toBeLessThan(300_000)
    const before = process.memoryUsage().arrayBuffers
    expect(await unpacked(bomb)).toEqual({ ok: false, error: 'it unpacks to more than 8 MB' })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32_000_000)
  })

  it('that were cut or changed on their way say so', async () => {
    const letters = await packed({ own: { 'mine.ts': policyText('mine') } })
    for (const wrong of [letters.slice(0, -9), `${letters}!`, '', '%', 'AAAA', `x${letters}`])
      expect(await unpacked(wrong)).toEqual({ ok: false, error: 'it was cut or changed on its way' })
  })

  it.each([
    [],
    'text',
    null,
    { own: { 'mine.ts': 3 } },
    { own: { '../mine.ts': '' } },
    { own: { 'mine.html': '' } },
    { own: ['mine.ts'] },
    { edit: 3 },
    { beside: { 'a/../../b.csv': '' } },
    { scenario: { path: 'scenarios/headline/light.yaml', text: '' } },
    { scenario: { path: 'mine.yaml' } },
    { own: Object.fromEntries(Array.from({ length: 41 }, (_, i) => [`p${i}.ts`, ''])) },
  ])('that hold anything but texts under plain names are refused: %j', async (value) => {
    expect(await ofJson(value)).toEqual({
      ok: false,
      error: 'it holds something else than texts of a scenario and policies',
    })
  })

  it('give no name that an object has by itself', async () => {
    expect(await unpacked(lettersOf('{"own":{"__proto__":"x"}}'))).toMatchObject({ ok: false })
  })
})
