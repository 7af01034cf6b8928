/** Where simulated Macs and clients may go: to this machine, and nowhere else. */
import { describe, expect, it } from 'vitest'
import { loopbackUrl } from '../../sim/live/address.ts'

const RULES = { option: '--coordinator', protocol: 'ws:', example: 'ws://127.0.0.1:8080/ws/provider' } as const

const messageOf = async (text: string): Promise<string> => {
  const url = await loopbackUrl(text, RULES)
  return url.ok ? `taken as ${url.value.href}` : url.error.map(({ message }) => message).join('\n')
}

describe('an address', () => {
  it.each([
    'ws://127.0.0.1:8080/ws/provider',
    'ws://127.8.9.10:1/x?y=z',
    'ws://localhost:8080/ws/provider',
    'ws://[::1]:8080/',
    'ws://[::ffff:127.0.0.1]/',
    'ws://LOCALHOST/',
  ])('of this machine is taken: %s', async (text) => {
    expect(await messageOf(text)).toBe(`taken as ${new URL(text).href}`)
  })

  it('is taken for what it is, however it is written', async () => {
    expect(await messageOf('ws://2130706433:80/')).toBe('taken as ws://127.0.0.1/')
    expect(await messageOf('ws://0x7f.1:81/')).toBe('taken as ws://127.0.0.1:81/')
  })

  it.each([
    'ws://192.168.1.10:8080/ws/provider',
    'ws://10.0.0.1/',
    'ws://0.0.0.0:8080/',
    'ws://[::]:8080/',
    'ws://[fe80::1]/',
    'ws://example.com/ws/provider',
    'ws://localhost.example.com/',
    'ws://127.0.0.1.example.com/',
    'ws://127.0.0.1@example.com/',
  ])('of another machine is refused: %s', async (text) => {
    expect(await messageOf(text)).toMatch(/is not an address of this machine|has parts that mean nothing here/)
  })

  it.each([
    ['nonsense', /^--coordinator nonsense: is no address; write one such as ws:\/\/127/],
    ['', /is no address/],
    ['127.0.0.1:8080', /is no address|begins with/],
    ['http://127.0.0.1:8080/ws/provider', /begins with http:\/\/; .* speaks ws:\/\//],
    ['wss://127.0.0.1:8080/ws/provider', /begins with wss:\/\//],
    ['ws://user:word@127.0.0.1/', /has parts that mean nothing here/],
  ])('that is none is refused: %s', async (text, message) => {
    expect(await messageOf(text)).toMatch(message)
  })
})
