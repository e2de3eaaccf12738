/** One of each list, then another of each, and so on; nothing twice. So nobody who gives a long list comes before those who give a short one. */
export function inTurn<T>(lists: readonly (readonly T[])[]): T[] {
  const taken = new Set<T>()
  const longest = Math.max(0, ...lists.map(({ length }) => length))
  for (let turn = 0; turn < longest; turn++) for (const list of lists) for (const item of list.slice(turn, turn + 1)) taken.add(item)
  return [...taken]
}
