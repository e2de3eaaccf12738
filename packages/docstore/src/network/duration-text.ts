/** How long something takes, for people: in the largest unit of which there are two. */
export function durationText(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000)
  if (seconds < 2 * 60) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 2 * 60) return `${minutes} minutes`
  const hours = Math.round(minutes / 60)
  return hours < 2 * 24 ? `${hours} hours` : `${Math.round(hours / 24)} days`
}
