/**
 * What one policy's board is made of beside React: its painter, the reader of pointer and keys, and its tiles of lanes. They live
 * as long as the board shows that run, and join the camera meanwhile.
 */
import { type RefObject, useEffect, useState } from 'react'
import type { Lanes } from '../../../data/fleet/lanes.ts'
import { type LoadedRun, rowsOf } from '../../../state/dashboard.ts'
import { fail } from '../../../state/selection-actions.ts'
import { lab } from '../../../state/store.ts'
import { draw } from '../../../state/trace-state.ts'
import type { Camera } from '../camera.ts'
import { WindowTiles } from '../window-tiles.ts'
import { BoardInput } from './board-input.ts'
import { type BoardFocus, BoardPainter } from './board-painter.ts'

/** Of the coarse tile. */
const WHOLE_PIXELS = 2_048

export interface BoardParts {
  readonly painter: BoardPainter
  readonly input: BoardInput
  readonly tiles: WindowTiles<Lanes>
}

export interface BoardPlace {
  readonly run: LoadedRun
  readonly camera: Camera
  readonly canvas: RefObject<HTMLCanvasElement | null>
  /** What scrolls the lanes. */
  readonly box: RefObject<HTMLDivElement | null>
  /** Scroll of all boards, kept in step. */
  readonly scrolls: Set<HTMLElement>
  onTiles(run: string, tiles: WindowTiles<Lanes>, painter: BoardPainter): void
}

export interface LivingBoard {
  /** undefined: before the first paint, and of a run that keeps no rows. */
  readonly parts: BoardParts | undefined
  readonly focus: BoardFocus | undefined
  /** Another whenever tiles have come. */
  readonly version: number
}

export function useBoardParts({ run, camera, canvas, box, scrolls, onTiles }: BoardPlace): LivingBoard {
  const rows = rowsOf(run)
  const [version, setVersion] = useState(0)
  const [focus, setFocus] = useState<BoardFocus | undefined>()
  const [parts, setParts] = useState<BoardParts | undefined>()

  useEffect(() => {
    const [element, scroller] = [canvas.current, box.current]
    if (element === null || scroller === null || rows === undefined) return undefined
    const tiles = new WindowTiles<Lanes>({
      duration_s: camera.duration_s,
      wholePixels: WHOLE_PIXELS,
      ask: (from_us, to_us, pixels) => lab.query(rows, { kind: 'lanes', from_us, to_us, pixels }),
      changed() {
        camera.invalidate()
        onTiles(run.id, tiles, painter)
        setVersion((count) => count + 1)
      },
      failed: fail,
    })
    const painter = new BoardPainter(element, camera, tiles)
    const change = (next: BoardFocus | undefined): void => {
      painter.focus = next
      setFocus(next)
    }
    const input = new BoardInput(painter, camera, scroller, change, (machine) =>
      draw({ kind: 'machine', run: run.id, machine }),
    )
    const leave = camera.join(painter)
    scrolls.add(scroller)
    // React's own listener would be passive, and the page would scroll along.
    scroller.addEventListener('wheel', input.wheel, { passive: false })
    setParts({ painter, input, tiles })
    return () => {
      tiles.close()
      leave()
      scrolls.delete(scroller)
      scroller.removeEventListener('wheel', input.wheel)
    }
  }, [run.id, rows, camera, scrolls, onTiles])

  return { parts, focus, version }
}
