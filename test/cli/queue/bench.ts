/** Servers, commands and a folder for one test file; all of it gone afterwards. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommandLine, type Started } from './command.ts'
import { findRedisServer, RedisServer } from './redis-server.ts'
import { writeExperiment } from './scenario.ts'

export class QueueBench {
  private readonly servers: RedisServer[] = []
  private readonly started: Started[] = []

  private constructor(
    readonly folder: string,
    readonly fleetlab: CommandLine,
  ) {}

  static async set(name: string): Promise<QueueBench> {
    findRedisServer()
    const folder = mkdtempSync(join(tmpdir(), `fleetlab-${name}-`))
    writeExperiment(folder)
    return new QueueBench(folder, await CommandLine.build(name))
  }

  async server(...words: Parameters<typeof RedisServer.start>): Promise<RedisServer> {
    const redis = await RedisServer.start(...words)
    this.servers.push(redis)
    return redis
  }

  start(words: readonly string[], { of = this.fleetlab, environment = {} }: StartOptions = {}): Started {
    const command = of.start(words, this.folder, environment)
    this.started.push(command)
    return command
  }

  worker(redis: RedisServer, concurrency = 1): Started {
    return this.start(['worker', '--queue', redis.address, '--concurrency', String(concurrency)])
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8')
  }

  async clear(): Promise<void> {
    for (const { child } of this.started) child.kill('SIGKILL')
    await Promise.all(this.servers.map((redis) => redis.stop()))
    rmSync(this.folder, { recursive: true, force: true })
    this.fleetlab.remove()
  }
}

interface StartOptions {
  readonly of?: CommandLine
  readonly environment?: NodeJS.ProcessEnv
}

/** Until the server holds keys of the pattern. */
export async function holds(redis: RedisServer, pattern: string): Promise<void> {
  const client = redis.client()
  try {
    while ((await client.keys(pattern)).length === 0) await new Promise((done) => setTimeout(done, 15))
  } finally {
    client.disconnect()
  }
}

/** A run is being done: of the queue's jobs somebody holds one. */
export const ACTIVE = 'fleetlab:runs-*:active'
export const WAITING = 'fleetlab:runs-*:wait'
