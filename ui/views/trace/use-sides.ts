/** One run's data for the tracks: tiles that follow the window, moments, and a count of answers to draw again for. */
import { useEffect, useMemo, useState } from 'react'
import type { Tracks } from '../../data/trace/tracks/tracks.ts'
import { type LoadedRun, rowsOf } from '../../state/dashboard.ts'
import { fail } from '../../state/selection-actions.ts'
import { lab } from '../../state/store.ts'
import { useTraceQuery } from '../../state/use-trace-query.ts'
import type { Camera } from './camera.ts'
import type { Side } from './tracks/track-side.ts'
import { WindowTiles } from './window-tiles.ts'

/** Of the coarse tile: more than most screens have, so that little is asked for twice. */
const WHOLE_PIXELS = 2_400

interface Held {
  readonly rows: string
  readonly tiles: WindowTiles<Tracks>
}

/** Two runs are rarely asked about in the same breath, so pixels are those of the last settled frame. */
export function useSide(
  run: LoadedRun | undefined,
  camera: Camera,
  plot_px: number,
  model: string | undefined,
): Side | undefined {
  const rows = rowsOf(run)
  const [held, setHeld] = useState<Held | undefined>()
  const [version, setVersion] = useState(0)
  const { answer: moments } = useTraceQuery(run, { kind: 'moments' })
  useEffect(() => {
    if (rows === undefined) {
      setHeld(undefined)
      return undefined
    }
    const tiles = new WindowTiles<Tracks>({
      duration_s: camera.duration_s,
      wholePixels: WHOLE_PIXELS,
      ask: (from_us, to_us, pixels) =>
        lab.query(rows, { kind: 'tracks', from_us, to_us, pixels, ...(model === undefined ? {} : { model }) }),
      changed() {
        camera.invalidate()
        setVersion((count) => count + 1)
      },
      failed: fail,
    })
    setHeld({ rows, tiles })
    return () => tiles.close()
  }, [rows, camera, model])
  useEffect(() => {
    if (held === undefined) return undefined
    const want = (): void => held.tiles.want(camera.window, plot_px)
    want()
    return camera.join({ paint() {}, settle: want })
  }, [held, camera, plot_px])
  // A run under way has more rows at every report of its progress.
  const share = run?.live?.share
  useEffect(() => {
    if (share !== undefined) held?.tiles.refresh(camera.window, plot_px)
  }, [share])
  return useMemo(
    () =>
      run === undefined || held === undefined || held.rows !== rows
        ? undefined
        : { run, tiles: held.tiles, moments, version },
    [run, rows, held, moments, version],
  )
}
