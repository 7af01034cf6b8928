/** Files dropped anywhere on the page are opened. */
import { type ReactNode, useEffect, useState } from 'react'
import { openFiles } from '../state/open-actions.ts'

export function DropTarget(): ReactNode {
  const [over, setOver] = useState(false)
  useEffect(() => {
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true
    const enter = (event: DragEvent): void => {
      if (!hasFiles(event)) return
      event.preventDefault()
      setOver(true)
    }
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false)
    }
    const drop = (event: DragEvent): void => {
      if (!hasFiles(event)) return
      event.preventDefault()
      setOver(false)
      void openFiles([...(event.dataTransfer?.files ?? [])])
    }
    addEventListener('dragover', enter)
    addEventListener('dragleave', leave)
    addEventListener('drop', drop)
    return () => {
      removeEventListener('dragover', enter)
      removeEventListener('dragleave', leave)
      removeEventListener('drop', drop)
    }
  }, [])
  return over ? (
    <div className="drop">
      Drop result.json, compare.json, trace.fleet or a scenario, a policy beside it; a log is imported
    </div>
  ) : null
}
