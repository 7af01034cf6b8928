/** Columns that rows of several subjects have: who and what a row is about. */
import type { MachineIndex, ProviderId, RequestId, UserId } from '../../base/ids.ts'
import { PROVIDER_ERRORS } from '../../protocol/words.ts'
import { buildName, type Column, count, id, nameOf, whole } from '../column.ts'

export const user = id<UserId>('the request of an end user')
export const request = id<RequestId>('the attempt of the upstream router that reached us')
export const provider = id<ProviderId>('one connection of a Mac')
export const machine = id<MachineIndex>('the Mac, by its place in the fleet')
export const attempt = count('0, 1, 2 … over retries and backups of this request')
export const build = buildName()
export const model = nameOf('model', 'what the client asks for')
export const label = (about: string): Column<string> => nameOf('label', about, { orNone: true })
export const maxTokens = whole('0: the client gave none', 'tokens')
/** What a Mac says when it fails. */
export const ERRORS = ['', ...PROVIDER_ERRORS] as const
