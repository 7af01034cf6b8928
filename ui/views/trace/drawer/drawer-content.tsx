/** What the drawer shows, by what was chosen. */
import type { ReactNode } from 'react'
import { Empty } from '../../../parts/panel.tsx'
import type { LoadedRun } from '../../../state/dashboard.ts'
import { useDashboard } from '../../../state/store.ts'
import type { DrawerSubject } from '../../../state/trace-state.ts'
import { ChangesDrawer } from './changes-drawer.tsx'
import { LanesDrawer } from './lanes-drawer.tsx'
import { MachinePanel } from './machine-panel.tsx'
import { MembersDrawer } from './members-drawer.tsx'
import { RegionDrawer } from './region-drawer.tsx'
import { RequestDrawer } from './request-drawer.tsx'
import { TableDrawer } from './table-drawer.tsx'
import './drawer.css'

function useRun(drawn: DrawerSubject): LoadedRun | undefined {
  return useDashboard(({ dataset }) => ('run' in drawn ? dataset?.runs.find(({ id }) => id === drawn.run) : undefined))
}

export default function DrawerContent({ drawn }: { readonly drawn: DrawerSubject }): ReactNode {
  const run = useRun(drawn)
  if (drawn.kind === 'table') return <TableDrawer track={drawn.track} />
  if (run === undefined) return <Empty>The run it belongs to is not here any more.</Empty>
  switch (drawn.kind) {
    case 'request':
      return <RequestDrawer key={`${run.id} ${drawn.request}`} run={run} request={drawn.request} />
    case 'machine':
      return <MachinePanel run={run} machine={drawn.machine} />
    case 'region':
      return <RegionDrawer run={run} region={drawn.region} />
    case 'members':
      return <MembersDrawer run={run} of={drawn} />
    case 'lanes':
      return <LanesDrawer run={run} />
    case 'changes':
      return <ChangesDrawer run={run} />
  }
}
