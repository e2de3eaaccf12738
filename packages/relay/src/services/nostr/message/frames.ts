/** Frames that clients get: compact JSON, as some of them cut ids out without reading all of it. */

/** What every event for a subscription begins with; its JSON and `]` follow. */
export function eventHead(id: string): string {
  return `["EVENT",${JSON.stringify(id)},`
}

export function okFrame(eventId: string, isTaken: boolean, reason: string): string {
  return `["OK",${JSON.stringify(eventId)},${isTaken},${JSON.stringify(reason)}]`
}

/** With whether all stored events that match were sent, where that is known (NIP-67). */
export function eoseFrame(id: string, isFinished: boolean | undefined): string {
  const hint = isFinished === undefined ? '' : `,["${isFinished ? 'finish' : 'more'}"]`
  return `["EOSE",${JSON.stringify(id)}${hint}]`
}

export function closedFrame(id: string, reason: string): string {
  return JSON.stringify(['CLOSED', id, reason])
}

export function noticeFrame(text: string): string {
  return JSON.stringify(['NOTICE', text])
}

export function authFrame(challenge: string): string {
  return JSON.stringify(['AUTH', challenge])
}

/** A count, and the registers of who was counted where the filter allows it (NIP-45). */
export function countFrame(id: string, count: number, registers: string | undefined): string {
  return JSON.stringify(['COUNT', id, registers === undefined ? { count } : { count, hll: registers }])
}

export function negMessageFrame(id: string, hex: string): string {
  return `["NEG-MSG",${JSON.stringify(id)},"${hex}"]`
}

export function negErrorFrame(id: string, reason: string): string {
  return JSON.stringify(['NEG-ERR', id, reason])
}
