/** What a coordinator's HTTP interface tells beside chats: whether it is one, whether it takes the key, what it serves, and its own ledger. */
import { get } from 'node:http'
import { z } from 'zod'
import { fail, ok, type Result } from '../../base/result.ts'
import type { Exports } from '../ledger/ledger.ts'

const ANSWERS_WITHIN_MS = 10_000
const OK = 200
const REDIRECTS = 300
const ERRORS = 400
const UNAUTHORIZED: ReadonlySet<number> = new Set([401, 403])

const modelList = z.looseObject({ data: z.array(z.looseObject({ id: z.string() })) })

export interface CoordinatorAddress {
  /** Without a path. */
  readonly url: URL
  readonly key: string
  /** As on the command line, for messages. */
  readonly option: string
}

async function got({ url, key, option }: CoordinatorAddress, path: string): Promise<Result<string>> {
  const wrong = (message: string): Result<string> => fail([{ message: `${option} ${url.href}: ${message}` }])
  const answer = await answerOf(new URL(path, url), key)
  if (answer === undefined) return wrong('nobody answers there; start the coordinator first')
  const { status, text } = answer
  if (UNAUTHORIZED.has(status)) return wrong('does not take this key')
  if (status >= REDIRECTS && status < ERRORS)
    return wrong(`sends to another address (${status}), which is not followed; name the coordinator itself`)
  return status === OK ? ok(text) : wrong(`answers ${status} to ${path}; is it the coordinator?`)
}

/** undefined: none that is HTTP, or none in time. */
function answerOf(url: URL, key: string): Promise<{ readonly status: number; readonly text: string } | undefined> {
  return new Promise((resolve) => {
    const options = { agent: false, headers: { authorization: `Bearer ${key}` } } as const
    const nobody = (): void => {
      clearTimeout(limit)
      resolve(undefined)
    }
    const call = get(url, options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => (text += piece))
      response.on('error', nobody)
      response.on('end', () => {
        clearTimeout(limit)
        resolve({ status: response.statusCode ?? 0, text })
      })
    })
    call.on('error', nobody)
    const limit = setTimeout(() => call.destroy(new Error('no answer')), ANSWERS_WITHIN_MS)
  })
}

/** Names that it serves now. */
export async function servedNames(address: CoordinatorAddress): Promise<Result<ReadonlySet<string>>> {
  const text = await got(address, '/v1/models')
  if (!text.ok) return text
  try {
    const list = modelList.parse(JSON.parse(text.value))
    return ok(new Set(list.data.map(({ id }) => id)))
  } catch {
    return fail([
      {
        message: `${address.option} ${address.url.href}: answers /v1/models with something else than a list of models; is it the coordinator?`,
      },
    ])
  }
}

/** Its ledger, as CSV under its own column names. */
export async function exportsOf(address: CoordinatorAddress): Promise<Result<Exports>> {
  const exported = (table: keyof Exports): Promise<Result<string>> =>
    got(address, `/v1/admin/${table}/export?format=csv`)
  const routes = await exported('routes')
  if (!routes.ok) return routes
  const rejections = await exported('rejections')
  if (!rejections.ok) return rejections
  return ok({ routes: routes.value, rejections: rejections.value })
}
