/** What to do about a link of an earlier version that a shell may have cut off; today's have nothing in them that it could. */
export const CUT_LINK_HINT = 'A join link of an earlier version stands in quotation marks: it has & in it, where a shell cuts it off'

/** Whether a join link has nothing behind its first part, as where it stood in a shell without quotation marks. */
export function mayBeCut(link: string): boolean {
  return link.includes('#join=') && !link.includes('&')
}
