/** What is said of a server that is none, does not let us in, or would lose runs. */
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BadInputError } from '../../../sim/base/result.ts'
import { MachineError } from '../../../sim/cli/exit.ts'
import { parseQueueAddress } from '../../../sim/cli/queue/address.ts'
import { connect } from '../../../sim/cli/queue/connect.ts'
import { findRedisServer, RedisServer } from './redis-server.ts'

const NOBODY = { onLoss() {}, onBack() {} }
const open: { close(): unknown }[] = []
const servers: RedisServer[] = []

async function complaint(text: string): Promise<{ kind: string; message: string }> {
  const address = parseQueueAddress(text)
  if (!address.ok) throw new Error(address.error)
  try {
    const client = await connect(address.value, new AbortController().signal, NOBODY)
    client.disconnect()
    return { kind: 'none', message: '' }
  } catch (error) {
    const kind = error instanceof BadInputError ? 'input' : error instanceof MachineError ? 'machine' : 'bug'
    return { kind, message: (error as Error).message }
  }
}

const portOf = (server: Server): Promise<number> =>
  new Promise((done) => {
    open.push(server)
    server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port))
  })

async function redis(words: readonly string[], password?: string): Promise<RedisServer> {
  const server = await RedisServer.start(words, password)
  servers.push(server)
  return server
}

beforeAll(findRedisServer)
afterAll(async () => {
  for (const each of open) each.close()
  await Promise.all(servers.map((each) => each.stop()))
})

describe('a connection to a queue', () => {
  it('lets in who has the password, and says what is wrong with who has not', async () => {
    const { port } = await redis([], 'sesame')
    expect(await complaint(`redis://:sesame@127.0.0.1:${port}/2`)).toEqual({ kind: 'none', message: '' })
    expect(await complaint(`redis://127.0.0.1:${port}`)).toEqual({
      kind: 'input',
      message: `--queue redis://127.0.0.1:${port}: the server wants a password; write \`:PASSWORD@\` before the host`,
    })
    expect(await complaint(`redis://sesame:sesame@127.0.0.1:${port}`)).toMatchObject({
      kind: 'input',
      message: expect.stringContaining('does not take this user and password'),
    })
    expect(await complaint(`redis://:sesame@127.0.0.1:${port}/77`)).toMatchObject({
      kind: 'input',
      message: expect.stringContaining('no database of this number'),
    })
  })

  it('refuses a server that would throw runs away, and one that only follows another', async () => {
    const evicting = await redis(['--maxmemory-policy', 'allkeys-lru'])
    expect(await complaint(evicting.address)).toMatchObject({
      kind: 'input',
      message: expect.stringContaining('maxmemory-policy is allkeys-lru'),
    })
    const replica = await redis([
      '--replicaof',
      '127.0.0.1',
      String(evicting.port),
      '--replica-serve-stale-data',
      'yes',
    ])
    expect(await complaint(replica.address)).toMatchObject({
      kind: 'input',
      message: expect.stringContaining('is a replica'),
    })
  })

  it('tells a port that nobody listens at from one that is no Redis', async () => {
    const closed = createServer()
    const port = await portOf(closed)
    await new Promise((done) => closed.close(done))
    expect(await complaint(`redis://127.0.0.1:${port}`)).toEqual({
      kind: 'machine',
      message: `--queue redis://127.0.0.1:${port}: no server listens there`,
    })
    const web = await portOf(createHttpServer((_, response) => response.end('hello')))
    expect(await complaint(`redis://127.0.0.1:${web}`)).toMatchObject({
      kind: 'input',
      message: expect.stringContaining('no Redis server'),
    })
    const shut = await portOf(createServer((socket) => socket.destroy()))
    expect(await complaint(`redis://127.0.0.1:${shut}`)).toMatchObject({
      kind: 'machine',
      message: expect.stringContaining('write rediss://'),
    })
    expect(await complaint('unix:///no/such.sock')).toMatchObject({
      kind: 'input',
      message: expect.stringContaining('no such socket'),
    })
  })
})
