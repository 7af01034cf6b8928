/**
 * A connection to the server behind the queue, made once and kept: a server that restarts is connected to again, for as
 * long as anybody would wait for one. Before the first job it is asked whether it is a server that jobs are safe with.
 */
import { Redis } from 'ioredis'
import { InterruptedError, MachineError, refuse } from '../exit.ts'
import { type QueueAddress, withoutPasswords } from './address.ts'

/** A server farther away than this is none to put thousands of jobs on. */
const CONNECT_WITHIN_MS = 10_000
/** After a loss, first soon and then more rarely. */
const RETRY_MS = 250
const RETRY_AT_MOST_MS = 2_000
/** Older ones lack commands of the queue. */
const VERSION_AT_LEAST = [6, 2] as const

export type Client = Redis

interface Refusal {
  readonly message: string
  /** Another address or another server would do; else the same may work in a minute. */
  readonly isInput: boolean
}

/** What was wrong, by the system's code or the first word of the server's answer. */
const BY_CODE: { readonly [code: string]: Refusal } = {
  ECONNREFUSED: { message: 'no server listens there', isInput: false },
  ETIMEDOUT: { message: 'no answer within 10 s', isInput: false },
  EHOSTUNREACH: { message: 'the host cannot be reached', isInput: false },
  ENETUNREACH: { message: 'the host cannot be reached', isInput: false },
  EAI_AGAIN: { message: 'the name cannot be looked up now', isInput: false },
  ECONNRESET: { message: 'the server closes the connection', isInput: false },
  EPIPE: { message: 'the server closes the connection', isInput: false },
  ENOTFOUND: { message: 'no host has this name', isInput: true },
  ENOENT: { message: 'there is no such socket', isInput: true },
  ENOTSOCK: { message: 'is no socket', isInput: true },
  EACCES: { message: 'this user may not use the socket', isInput: true },
  WRONGPASS: { message: 'the server does not take this user and password', isInput: true },
  NOAUTH: { message: 'the server wants a password; write `:PASSWORD@` before the host', isInput: true },
  NOPERM: { message: 'this user of the server may not do what the queue needs', isInput: true },
  OOM: { message: 'the memory of the server is full', isInput: false },
  MISCONF: { message: 'the server cannot save to its disk and takes nothing', isInput: false },
  READONLY: { message: 'the server is a replica, which takes no jobs', isInput: true },
  DENIED: { message: 'the server is in protected mode and lets only its own machine in', isInput: true },
}

/** What one hears too where one side speaks TLS and the other does not. */
const MAY_BE_TLS: ReadonlySet<Refusal | undefined> = new Set([
  BY_CODE['ECONNRESET'],
  BY_CODE['EPIPE'],
  BY_CODE['ETIMEDOUT'],
])

const TLS = /SSL|TLS|certificate|self.signed/i
const NO_REDIS = /Unknown RESP type|Protocol error/i

function refusalOf(error: unknown, { isEncrypted }: QueueAddress): Refusal {
  const { code = '', message = String(error) } = error as { readonly code?: string; readonly message?: string }
  const [word = ''] = message.replace(/^ERR /, '').split(' ')
  const known = BY_CODE[code] ?? BY_CODE[word.replace(/^-/, '')]
  if (MAY_BE_TLS.has(known)) {
    const hint = isEncrypted ? '; if it speaks no TLS, write redis://' : '; if it speaks TLS, write rediss://'
    return { ...known!, message: known!.message + hint }
  }
  if (known !== undefined) return known
  if (/without any password|no password is set/i.test(message))
    return { message: 'the server has no password, and the address has one', isInput: true }
  if (/invalid DB index|DB index is out of range/i.test(message))
    return { message: 'the server has no database of this number', isInput: true }
  if (NO_REDIS.test(message)) return { message: 'what answers there is no Redis server', isInput: true }
  if (TLS.test(`${code} ${message}`)) {
    const hint = /wrong version number|packet length/i.test(message) ? '; it may speak none: write redis://' : ''
    return { message: `TLS fails: ${withoutPasswords(message).split('\n')[0]}${hint}`, isInput: true }
  }
  return { message: withoutPasswords(message), isInput: false }
}

/** Ends the command with one message that names the address without its password. */
export function failedAt(address: QueueAddress, error: unknown): never {
  if (!isOfConnection(error)) throw error
  const { message, isInput } = refusalOf(error, address)
  const text = `--queue ${address.shown}: ${message}`
  if (isInput) return refuse(text)
  throw new MachineError(text)
}

/** Connected and found fit, or the command ends. `onLoss` hears of every later loss, `onBack` of every return. */
export async function connect(
  address: QueueAddress,
  signal: AbortSignal,
  hears: { readonly onLoss: () => void; readonly onBack: () => void },
): Promise<Client> {
  let isUp = false
  let failure: unknown
  const client = new Redis(address.url, {
    lazyConnect: true,
    // A command waits for a server that restarts.
    maxRetriesPerRequest: null,
    connectTimeout: CONNECT_WITHIN_MS,
    retryStrategy: (times) => (isUp ? Math.min(times * RETRY_MS, RETRY_AT_MOST_MS) : null),
  })
  client.on('error', (error) => {
    failure ??= error
  })
  const stopped = new AbortController()
  try {
    await within(CONNECT_WITHIN_MS, AbortSignal.any([signal, stopped.signal]), async () => {
      await client.connect()
      // The client would go on in another database, or with another user, than was asked for.
      if (failure !== undefined) throw failure
      await checkServer(client, address)
    })
  } catch (error) {
    client.disconnect()
    if (signal.aborted) throw new InterruptedError()
    // What is thrown says only that the connection is closed; why was said before.
    return failedAt(address, isClosed(error) || error instanceof NoAnswer ? (failure ?? error) : error)
  } finally {
    stopped.abort()
  }
  isUp = true
  client.on('close', hears.onLoss)
  client.on('ready', hears.onBack)
  return client
}

/** Of the server or the way to it; anything else is said by whoever threw it. */
const isOfConnection = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name === 'ReplyError' || 'code' in error || isClosed(error) || NO_REDIS.test(error.message))

const isClosed = (error: unknown): boolean => /Connection is closed|Stream isn't writeable/.test(String(error))

class NoAnswer extends Error {
  readonly code = 'ETIMEDOUT'
}

function within<T>(ms: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return new Promise((done, failed) => {
    const timer = setTimeout(() => failed(new NoAnswer('no answer')), ms)
    signal.addEventListener('abort', () => failed(new InterruptedError()), { once: true })
    work()
      .finally(() => clearTimeout(timer))
      .then(done, failed)
  })
}

async function checkServer(client: Client, { shown }: QueueAddress): Promise<void> {
  const about = fieldsOf(await client.info())
  const complain = (text: string): never => refuse(`--queue ${shown}: ${text}`)
  const version = about.get('valkey_version') === undefined ? about.get('redis_version') : undefined
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number)
  const [least, leastMinor] = VERSION_AT_LEAST
  if (version !== undefined && (major < least || (major === least && minor < leastMinor)))
    complain(`is Redis ${version}; the queue needs ${VERSION_AT_LEAST.join('.')} or later, or Valkey`)
  if (about.get('cluster_enabled') === '1')
    complain('is part of a cluster; the queue needs one server, such as a Redis of its own')
  if (about.get('role') === 'slave') complain(`is a replica, which takes no jobs; give the address of its primary`)
  const policy = about.get('maxmemory_policy')
  if (policy !== undefined && policy !== 'noeviction') {
    complain(
      `the server may throw jobs away when its memory is full (maxmemory-policy is ${policy}); set maxmemory-policy noeviction`,
    )
  }
}

const fieldsOf = (info: string): ReadonlyMap<string, string> =>
  new Map(
    info.split('\r\n').flatMap((line): [string, string][] => {
      const at = line.indexOf(':')
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)]]
    }),
  )
