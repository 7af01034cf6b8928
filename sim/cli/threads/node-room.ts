/** Where runs take place under Node: with its own SHA-256, which costs a seventh of the portable one and gives the same bits. */
import { type JobRoom, jobRoom, type RoomOptions } from '../../lab/runs/job.ts'
import type { Files } from '../../lab/runs/ports.ts'
import { nodeFiles } from '../files/files.ts'

export const NODE: RoomOptions = { sha256: nodeFiles.sha256 }

export const nodeRoom = (files: Files): JobRoom => jobRoom(files, NODE)
