/** The names things go by everywhere: in messages, in the trace, in results. */
import type { Brand } from './brand.ts'

/** One attempt of the upstream router that reached us; counts from 0 in order of arrival. What the real ledger calls request_id. */
export type RequestId = Brand<number, 'RequestId'>
/** One request of an end user at the upstream router; may lead to several RequestIds, or to one of a competitor. */
export type UserId = Brand<number, 'UserId'>
/** A Mac, by its place in the fleet (0-based, in file order). Stays the same across reconnects. */
export type MachineIndex = Brand<number, 'MachineIndex'>
/** One connection of a Mac to the coordinator; a reconnect is a new provider. Counts from 0 in order of registration. */
export type ProviderId = Brand<number, 'ProviderId'>
/** A concrete model artefact, e.g. `gemma-4-26b-qat-4bit`. */
export type BuildId = Brand<string, 'BuildId'>
/** What a client asks for: an alias or a build. */
export type ModelName = string
