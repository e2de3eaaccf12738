/** Most words that are offered for one that is none. */
const MAX_OFFERED = 3
/** Letters beyond these say nothing: the longest word of the list has eight. */
const MAX_LETTERS = 16
/** Changes up to which another word is offered. */
const MAX_CHANGES = 2

/** The words of a list that are nearest to what was typed, nearest first: by changed, left out, added and swapped letters, then by a common beginning. */
export function nearestWords(typed: string, list: readonly string[]): readonly string[] {
  const word = typed.slice(0, MAX_LETTERS)
  return (
    list
      .map((other) => ({ other, changes: changesBetween(word, other), begins: commonBeginning(word, other) }))
      // The first four letters tell all words of the list apart, so whoever has those has the word.
      .filter(({ changes, begins }) => changes <= MAX_CHANGES || begins >= 4)
      .toSorted((a, b) => a.changes - b.changes || b.begins - a.begins || (a.other < b.other ? -1 : 1))
      .slice(0, MAX_OFFERED)
      .map(({ other }) => other)
  )
}

/** Whether one slip of pen or finger makes one word of the other. */
export function isNear(one: string, other: string): boolean {
  return one !== other && Math.abs(one.length - other.length) <= 1 && changesBetween(one, other) === 1
}

function commonBeginning(one: string, other: string): number {
  let length = 0
  while (length < one.length && one[length] === other[length]) length++
  return length
}

/** Distance of two words in letters that are changed, left out, added, or swapped with their neighbour (optimal string alignment). */
function changesBetween(one: string, other: string): number {
  let before: number[] = []
  let last = Array.from({ length: other.length + 1 }, (_, j) => j)
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) least = Math.min(least, (before[j - 2] ?? 0) + 1)
      row.push(least)
    }
    before = last
    last = row
  }
  return last[other.length] ?? 0
}
