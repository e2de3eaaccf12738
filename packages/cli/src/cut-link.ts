/** What to do about a link that a shell may have cut off. */
export const CUT_LINK_HINT = 'A join link stands in quotation marks: it has & in it, where a shell cuts it off'

/** Whether a join link has nothing behind its first part, as where it stood in a shell without quotation marks. */
export function mayBeCut(link: string): boolean {
  return link.includes('#join=') && !link.includes('&')
}
