import type { SectorState } from '@p2p-docstore/core/placement'

/** How a sector stands, as one relay sees it that has something of it. Relays are named by their keys. */
export interface SectorView {
  readonly self: string
  /** Its owners, the one with the best draw first. */
  readonly owners: readonly string[]
  /** How it stands here, and what others said of it. */
  readonly state: SectorState | undefined
  readonly says: (relay: string) => SectorState | undefined
  /** Why this relay has the namespace, where that is something of its own: a reader asked for it here, or a peer has just brought it. */
  readonly because?: 'read' | 'brought' | undefined
  /** Whether the sector is just being compared. */
  readonly isCompared: boolean
}

/**
 * With which other relays this one keeps a namespace equal all the time. Of two owners that serve it one does so for both; one that does not yet gets it by
 * comparing, and meanwhile nobody else gives it anything, so that nothing comes twice.
 */
export function keptEqualWith({ self, owners, state, says, because, isCompared }: SectorView): readonly string[] {
  const others = owners.filter((owner) => owner !== self)
  const serving = others.filter((owner) => says(owner) === 'serving')
  const complete = serving.length > 0 ? serving : others
  // What a peer brought is told to all of them, who do not know of it: by whoever it was brought to, until it was compared.
  if (!owners.includes(self)) return because === 'read' ? complete.slice(0, 1) : complete
  if (because === 'brought') return complete
  if (state === 'serving') return serving.filter((owner) => self < owner)
  return isCompared ? [] : complete.slice(0, 1)
}
