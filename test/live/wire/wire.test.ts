/** What goes into frames and boxes, and comes out again. */
import { fc, test } from '@fast-check/vitest'
import nacl from 'tweetnacl'
import { describe, expect, it } from 'vitest'
import { RandomStreams } from '../../../sim/kernel/random.ts'
import { MacKey } from '../../../sim/live/wire/box.ts'
import { chatMetadata, DONE_CHUNK, finishChunk, openChat, roleChunk, textChunk } from '../../../sim/live/wire/chat.ts'
import { fillerText, fillerToken, tokensOf } from '../../../sim/live/wire/filler.ts'

const key = (name: string): MacKey => new MacKey(new RandomStreams(1).stream(`mac/${name}/key`))
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

describe('a box', () => {
  test.prop([fc.string({ unit: 'binary', maxLength: 300 })], { numRuns: 20 })(
    'opens to what another program of NaCl put into it, and the other way',
    (text) => {
      const mac = key('a')
      const client = nacl.box.keyPair()
      const macPublic = Buffer.from(mac.publicKey, 'base64')
      const nonce = nacl.randomBytes(nacl.box.nonceLength)
      const bytes = Buffer.from(text)
      const box = nacl.box(bytes, nonce, macPublic, client.secretKey)
      const secret = mac.shareWith(base64(client.publicKey))!
      expect(secret.open(base64(Buffer.concat([nonce, box])))).toBe(bytes.toString())
      const sealed = secret.seal(text)
      expect(sealed.ephemeral_public_key).toBe(mac.publicKey)
      const whole = Buffer.from(sealed.ciphertext, 'base64')
      const opened = nacl.box.open(whole.subarray(24), whole.subarray(0, 24), macPublic, client.secretKey)
      expect(Buffer.from(opened!).toString()).toBe(bytes.toString())
    },
  )

  it('does not open when one bit of it is wrong, for another Mac, or when it is no base64', () => {
    const client = nacl.box.keyPair()
    const secret = key('a').shareWith(base64(client.publicKey))!
    const { ciphertext } = secret.seal('hello')
    expect(secret.open(ciphertext)).toBe('hello')
    const bytes = Buffer.from(ciphertext, 'base64')
    bytes[30]! ^= 1
    expect(secret.open(base64(bytes))).toBeUndefined()
    expect(key('b').shareWith(base64(client.publicKey))!.open(ciphertext)).toBeUndefined()
    for (const wrong of ['', 'AAAA', 'not base64!', ciphertext.slice(1), `${ciphertext}=`])
      expect(secret.open(wrong)).toBeUndefined()
  })

  it('has a nonce of its own every time', () => {
    const secret = key('a').shareWith(base64(nacl.box.keyPair().publicKey))!
    const nonces = Array.from({ length: 50 }, () => secret.seal('x').ciphertext.slice(0, 32))
    expect(new Set(nonces).size).toBe(50)
  })

  it('is refused from a key of the wrong length', () => {
    expect(key('a').shareWith('')).toBeUndefined()
    expect(key('a').shareWith(base64(nacl.randomBytes(31)))).toBeUndefined()
  })

  it('comes from the same key in every run of one seed, and from another on every Mac', () => {
    expect(key('a').publicKey).toBe(key('a').publicKey)
    expect(key('a').publicKey).not.toBe(key('b').publicKey)
  })
})

describe('filler', () => {
  test.prop([fc.integer({ min: 1, max: 5_000 })])(
    'is as many tokens as were asked for, however they come',
    (tokens) => {
      const text = fillerText(tokens)
      expect(tokensOf(Buffer.byteLength(text))).toBe(tokens)
      expect(Array.from({ length: tokens }, (_, place) => fillerToken(place)).join('')).toBe(text)
    },
  )
})

const open = (body: unknown) => openChat(JSON.stringify(body))
const message = (content: unknown) => ({ role: 'user', content })

describe('a chat body', () => {
  it('is as long as all its text, four bytes a token, pictures apart', () => {
    const messages = [
      message(fillerText(10)),
      { role: 'assistant', content: null, tool_calls: [] },
      message([
        { type: 'text', text: fillerText(5) },
        { type: 'image_url', image_url: { url: 'data:,' } },
      ]),
    ]
    expect(open({ model: 'm', messages, temperature: 0 })).toEqual({
      model: 'm',
      promptTokens: 15,
      images: 1,
      maxTokens: undefined,
      outputTokens: undefined,
    })
    expect(open({ model: 'm', messages: [message('äöü')] })).toMatchObject({ promptTokens: 2 })
    expect(open({ model: 'm', messages: [message('')] })).toMatchObject({ promptTokens: 1 })
  })

  it('takes either name of the limit, and what a client of ours says of its lengths', () => {
    const messages = [message('hello')]
    expect(open({ model: 'm', messages, max_tokens: 7 })?.maxTokens).toBe(7)
    expect(open({ model: 'm', messages, max_completion_tokens: 8 })?.maxTokens).toBe(8)
    const metadata = chatMetadata({ promptTokens: 812, outputTokens: 33 })
    expect(open({ model: 'm', messages, metadata })).toMatchObject({ promptTokens: 812, outputTokens: 33 })
    expect(
      open({ model: 'm', messages, metadata: { fleetlab_output_tokens: '-3', other: 1 } })?.outputTokens,
    ).toBeUndefined()
  })

  it.each([
    ['no JSON', '{'],
    ['no messages', '{"model":"m"}'],
    ['none of them', '{"model":"m","messages":[]}'],
    ['no model', '{"messages":[{"content":"x"}]}'],
    ['a limit below one', '{"model":"m","messages":[{"content":"x"}],"max_tokens":0}'],
    ['a list', '[]'],
  ])('is none with %s', (_, text) => {
    expect(openChat(text)).toBeUndefined()
  })
})

const json = (event: string): unknown => {
  expect(event).toMatch(/^data: .*\n\n$/)
  return JSON.parse(event.slice('data: '.length))
}

describe('an event of an answer', () => {
  const of = { id: 'r', model: 'm"1', created: 5 }
  it('is a chunk of chat completions: role, text, then the reason and the usage', () => {
    expect(json(roleChunk(of))).toMatchObject({
      object: 'chat.completion.chunk',
      model: 'm"1',
      choices: [{ delta: { role: 'assistant', content: '' }, finish_reason: null }],
    })
    expect(json(textChunk(of, 'a "b"\n'))).toMatchObject({ choices: [{ delta: { content: 'a "b"\n' } }] })
    expect(json(finishChunk(of, 'length', { promptTokens: 3, completionTokens: 4 }))).toMatchObject({
      choices: [{ delta: {}, finish_reason: 'length' }],
      usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
    })
    expect(DONE_CHUNK).toBe('data: [DONE]\n\n')
  })
})
