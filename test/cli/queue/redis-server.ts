/** A Redis server of the test's own: Debian's, found or installed, on a free port, with its data in a temporary folder. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'

const isThere = (): boolean => spawnSync('sh', ['-c', 'command -v redis-server'], { stdio: 'ignore' }).status === 0
const aptGet = (args: string[]): void => void execFileSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'] })

/** Before anything is started: two tests would install it at once. */
export function findRedisServer(): void {
  if (isThere()) return
  try {
    aptGet(['update', '-qq'])
    aptGet(['install', '-y', '-qq', '--no-install-recommends', 'redis-server'])
  } catch (cause) {
    throw new Error('The tests of the queue need Redis. Install it, e.g. `apt-get install redis-server` as root.', {
      cause,
    })
  }
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => done(port))
    })
  })
}

export class RedisServer {
  private process: ChildProcess | undefined

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly words: readonly string[],
    private readonly password: string | undefined,
  ) {}

  /** `words` as on redis-server's command line. Nothing is kept on disk unless they say so. */
  static async start(words: readonly string[] = [], password?: string): Promise<RedisServer> {
    const folder = mkdtempSync(join(tmpdir(), 'fleetlab-redis-'))
    const server = new RedisServer(await freePort(), folder, words, password)
    await server.up()
    return server
  }

  get address(): string {
    return `redis://${this.password === undefined ? '' : `:${this.password}@`}127.0.0.1:${this.port}`
  }

  async up(): Promise<void> {
    const own = this.password === undefined ? [] : ['--requirepass', this.password]
    const place = ['--bind', '127.0.0.1', '--port', String(this.port), '--dir', this.folder, '--save', '']
    this.process = spawn('redis-server', [...place, ...own, ...this.words], { stdio: 'ignore' })
    const client = this.client()
    try {
      await client.ping()
    } finally {
      client.disconnect()
    }
  }

  /** As a machine that is switched off: nothing is saved that is not on disk. */
  async down(): Promise<void> {
    const { process } = this
    if (process === undefined) return
    this.process = undefined
    const gone = new Promise((done) => process.once('exit', done))
    process.kill('SIGKILL')
    await gone
  }

  async restart(): Promise<void> {
    await this.down()
    await this.up()
  }

  async stop(): Promise<void> {
    await this.down()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** For looking at what is there. Waits for a server that is not up yet. */
  client(): Redis {
    const client = new Redis(this.address, { maxRetriesPerRequest: null, retryStrategy: () => 25 })
    client.on('error', () => {})
    return client
  }

  async keys(pattern: string): Promise<readonly string[]> {
    const client = this.client()
    try {
      return await client.keys(pattern)
    } finally {
      client.disconnect()
    }
  }
}
