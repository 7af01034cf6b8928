/**
 * What a link must carry beside the state of the page: a scenario's text or what was changed in it, the files beside it, and
 * policies written here. JSON, deflated, in letters that an address may hold. Whatever comes back is a stranger's: it is
 * unpacked within a bound, its shape is checked, and a policy in it is text to read until somebody accepts it.
 */
import { fail, ok, type Result } from '../../sim/base/result.ts'
import type { Texts } from '../worker/protocol.ts'

export interface LinkPack {
  /** Of a scenario that is shipped: what was changed in it, as an address says it. */
  readonly edit?: string
  /** Of any other: all of it. */
  readonly scenario?: { readonly path: string; readonly text: string }
  /** Files beside it that only the page had. */
  readonly beside?: Texts
  /** Policies by file name. */
  readonly own?: Texts
}

/** Of letters. Mail programs, chats and some servers cut longer addresses; a file takes more. */
export const PACK_MAX = 8_000
/** Of letters that are looked at at all, and of bytes that they may become. */
const READ_MAX = 4_000_000
const UNPACKED_MAX = 8_000_000
const FILES_MAX = 40

async function through(bytes: Uint8Array<ArrayBuffer>, by: GenericTransformStream, most: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  const reader = (new Blob([bytes]).stream().pipeThrough(by) as ReadableStream<Uint8Array>).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.length
    if (size > most) {
      await reader.cancel()
      throw new Error(`it unpacks to more than ${most / 1e6} MB`)
    }
    parts.push(value)
  }
  const all = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

const BLOCK = 8_192

function lettersOf(bytes: Uint8Array): string {
  let binary = ''
  for (let i = 0; i < bytes.length; i += BLOCK) binary += String.fromCharCode(...bytes.subarray(i, i + BLOCK))
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

const bytesOf = (letters: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(letters.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0))

/** However long it gets: whoever puts it into an address looks at `PACK_MAX`. */
export async function packed(pack: LinkPack): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(pack))
  return lettersOf(await through(bytes, new CompressionStream('deflate-raw'), Number.POSITIVE_INFINITY))
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const POLICY_NAME = /^[\w-][\w.-]{0,99}\.[cm]?[jt]s$/
const FILE_NAME = /^[\w-][\w ./-]{0,199}\.\w{1,8}$/

function textsIn(value: unknown, name: RegExp): Texts | undefined {
  if (value === undefined) return {}
  if (!isRecord(value)) return undefined
  const entries = Object.entries(value)
  if (entries.length > FILES_MAX) return undefined
  const isText = ([file, text]: readonly [string, unknown]): boolean =>
    name.test(file) && !file.split('/').includes('..') && typeof text === 'string'
  return entries.every(isText) ? (Object.fromEntries(entries) as Texts) : undefined
}

function checked(value: unknown): LinkPack | undefined {
  if (!isRecord(value)) return undefined
  const { edit, scenario } = value
  const [beside, own] = [textsIn(value['beside'], FILE_NAME), textsIn(value['own'], POLICY_NAME)]
  if (beside === undefined || own === undefined) return undefined
  if (edit !== undefined && typeof edit !== 'string') return undefined
  const texts = { beside, own, ...(edit === undefined ? {} : { edit }) }
  if (scenario === undefined) return texts
  if (!isRecord(scenario)) return undefined
  const { path, text } = scenario
  if (typeof path !== 'string' || typeof text !== 'string' || !FILE_NAME.test(path) || path.startsWith('scenarios/'))
    return undefined
  return { ...texts, scenario: { path, text } }
}

/** What a link brought, or why it brings nothing. */
export async function unpacked(letters: string): Promise<Result<LinkPack, string>> {
  if (letters.length > READ_MAX) return fail(`it is longer than ${READ_MAX / 1e6} MB`)
  try {
    const bytes = await through(bytesOf(letters), new DecompressionStream('deflate-raw'), UNPACKED_MAX)
    const pack = checked(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
    return pack === undefined ? fail('it holds something else than texts of a scenario and policies') : ok(pack)
  } catch (error) {
    const { message } = error as Error
    return fail(message.startsWith('it unpacks') ? message : 'it was cut or changed on its way')
  }
}
