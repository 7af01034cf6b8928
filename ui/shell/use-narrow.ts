/** Whether the page is too narrow for one line of tools. */
import { useSyncExternalStore } from 'react'

const query = matchMedia('(max-width: 860px)')

function subscribe(heard: () => void): () => void {
  query.addEventListener('change', heard)
  return () => query.removeEventListener('change', heard)
}

export const useNarrow = (): boolean => useSyncExternalStore(subscribe, () => query.matches)
