/** Addresses of a queue: what is taken, what is refused, and that nothing shown holds a password. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { parseQueueAddress, withoutPasswords } from '../../../sim/cli/queue/address.ts'

const written = (text: string): string => encodeURIComponent(text).replaceAll("'", '%27')

const parsed = (text: string) => {
  const address = parseQueueAddress(text)
  if (!address.ok) throw new Error(address.error)
  return address.value
}

describe('the address of a queue', () => {
  it.each([
    ['redis://localhost', 'redis://localhost', 'redis://localhost:6379'],
    ['redis://localhost:7000/3', 'redis://localhost:7000/3', 'redis://localhost:7000/3'],
    ['rediss://u:p%40ss@host:1', 'rediss://u:p%40ss@host:1', 'rediss://host:1'],
    ['valkeys://host', 'rediss://host', 'rediss://host:6379'],
    ['redis://[::1]:7000', 'redis://[::1]:7000', 'redis://[::1]:7000'],
    ['redis://host?db=2&password=x', 'redis://host?db=2&password=x', 'redis://host:6379'],
    ['unix:///run/my.sock?db=1', '/run/my.sock?db=1', 'unix:///run/my.sock'],
  ])('takes %s', (text, url, shown) => {
    expect(parsed(text)).toMatchObject({ url, shown })
  })

  it.each([
    ['localhost:6379', 'is no address of a Redis server'],
    ['http://localhost', 'is no address of a Redis server'],
    ['redis:localhost', 'is no address of a Redis server'],
    ['redis://', 'names no host'],
    ['redis://host:99999', 'is no address'],
    ['redis://host/lab', 'must end with the number of a database'],
    ['redis://host?passwort=x', 'has the option `passwort`; there are'],
    ['redis://:pass#word@host', 'is no address'],
    ['redis://:pass word@host', 'has a blank or a quote'],
    ['unix://relative.sock', 'must be unix:// and the whole path'],
    ['', 'is no address'],
  ])('refuses "%s"', (text, why) => {
    const address = parseQueueAddress(text)
    expect(address.ok ? '' : address.error).toContain(why)
    expect(address.ok ? '' : address.error).not.toMatch(/pass.word/)
  })

  test.prop([fc.string({ minLength: 6, maxLength: 12 }).map((text) => `Zq${text}`)])(
    'shows no password, and hides it in whatever repeats the address',
    (password) => {
      const text = `redis://me:${written(password)}@host:6379/1`
      expect(parsed(text).shown).toBe('redis://host:6379/1')
      const told = withoutPasswords(`to reproduce: npx fleetlab sweep a.yaml --queue ${text} --seeds 1`)
      expect(told).toBe('to reproduce: npx fleetlab sweep a.yaml --queue redis://***@host:6379/1 --seeds 1')
      expect(withoutPasswords(`--queue 'redis://host?password=${written(password)}&db=1'`)).toBe(
        `--queue 'redis://host?password=***&db=1'`,
      )
    },
  )
})
