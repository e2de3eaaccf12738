/** How long something takes, for people: in the largest unit of which there are three. */
export function durationText(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000)
  if (seconds < 3 * 60) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 3 * 60) return `${minutes} minutes`
  const hours = Math.round(minutes / 60)
  return hours < 3 * 24 ? `${hours} hours` : `${Math.round(hours / 24)} days`
}
