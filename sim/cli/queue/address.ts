/**
 * Where the queue is: an address as people write it, checked before anything else is done, and as it may be shown. A
 * password is in the address alone; nothing that is printed has it.
 */
import { ok, fail, type Result } from '../../base/result.ts'

export interface QueueAddress {
  /** As the client takes it, with the password. */
  readonly url: string
  /** For messages: without user, password and options. */
  readonly shown: string
  readonly isEncrypted: boolean
}

const EXAMPLES = 'such as redis://localhost:6379, rediss://host:6380/1 (TLS) or unix:///run/redis.sock'
/** Another name of the same protocol. */
const SAME_AS: { readonly [scheme: string]: string } = {
  'redis:': 'redis:',
  'valkey:': 'redis:',
  'rediss:': 'rediss:',
  'valkeys:': 'rediss:',
}
/** Options of the client that may stand behind `?`. Others change how commands are sent, which is not the user's to choose. */
const OPTIONS = ['db', 'username', 'password', 'family', 'connectTimeout', 'keepAlive', 'noDelay', 'connectionName']

export function parseQueueAddress(text: string): Result<QueueAddress, string> {
  if (/[\s'"]/.test(text)) return fail('has a blank or a quote; write %20, %27 or %22')
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return fail(`is no address, ${EXAMPLES}`)
  }
  const strange = [...url.searchParams.keys()].find((name) => !OPTIONS.includes(name))
  if (strange !== undefined) return fail(`has the option \`${strange}\`; there are ${OPTIONS.join(', ')}`)
  if (url.protocol === 'unix:') {
    const isPath = url.host === '' && url.pathname.length > 1
    if (!isPath) return fail('must be unix:// and the whole path of a socket, such as unix:///run/redis/redis.sock')
    const path = decodeURIComponent(url.pathname)
    return ok({ url: `${path}${url.search}`, shown: `unix://${path}`, isEncrypted: false })
  }
  const scheme = SAME_AS[url.protocol]
  // Without `//` a name and its port would be taken for a scheme and a path.
  if (scheme === undefined || !/^\w+:\/\//.test(text)) return fail(`is no address of a Redis server, ${EXAMPLES}`)
  if (url.hostname === '') return fail(`names no host, ${EXAMPLES}`)
  if (!/^\/?\d*$/.test(url.pathname)) return fail('must end with the number of a database, such as redis://host:6379/1')
  if (url.hash !== '') return fail('has a `#`; write it %23')
  const rest = text.slice(text.indexOf('//'))
  const database = url.pathname.slice(1) === '' ? '' : url.pathname
  return ok({
    url: `${scheme}${rest}`,
    shown: `${scheme}//${url.hostname}:${url.port || '6379'}${database}`,
    isEncrypted: scheme === 'rediss:',
  })
}

const USER = /([a-z][\w+.-]*:\/\/)\S*@/gi
const OPTION = /([?&](?:password|username)=)[^&\s'"]*/gi

/** Any text, with what stands for a user and a password in addresses made unreadable. */
export const withoutPasswords = (text: string): string => text.replace(USER, '$1***@').replace(OPTION, '$1***')
