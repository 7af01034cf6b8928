/**
 * Who is there: producers and workers write down their build and are forgotten when they are silent. Times are the
 * server's, so no two clocks are compared.
 */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Client } from './connect.ts'
import { GONE_AFTER_MS, rollKey } from './names.ts'

type Role = 'producer' | 'worker'

export interface Present {
  readonly id: string
  readonly build: string
  readonly host: string
  /** Runs at a time; of a producer 0. */
  readonly places: number
}

export const presentAs = (build: string, places: number): Present => ({
  id: randomBytes(8).toString('hex'),
  build,
  host: hostname(),
  places,
})

const nowOn = async (client: Client): Promise<number> => {
  const [seconds, micros] = await client.time()
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000)
}

/** Says that somebody is there, and returns all of the other side who are. */
export async function answerRoll(client: Client, role: Role, self: Present): Promise<readonly Present[]> {
  const other: Role = role === 'producer' ? 'worker' : 'producer'
  const now = await nowOn(client)
  await client.zadd(rollKey(role), String(now), JSON.stringify(self))
  await client.zremrangebyscore(rollKey(other), '-inf', String(now - GONE_AFTER_MS))
  return (await client.zrange(rollKey(other), '0', '-1')).map((text) => JSON.parse(text) as Present)
}

export async function leaveRoll(client: Client, role: Role, self: Present): Promise<void> {
  await client.zrem(rollKey(role), JSON.stringify(self))
}

/** `2 workers of version 0.1.0+abc` */
export const buildsOf = (present: readonly Present[]): readonly string[] => [
  ...new Set(present.map(({ build }) => build)),
]
