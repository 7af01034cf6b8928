/** The moment under the pointer, shared by all charts, so that one glance reads all of them at the same time. */
import { create } from 'zustand'

export const useCursor = create<{ readonly at_s: number | undefined }>()(() => ({ at_s: undefined }))
export const setCursor = (at_s: number | undefined): void => useCursor.setState({ at_s })
