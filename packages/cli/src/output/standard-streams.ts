/** Names under which systems offer a process its own standard input and output. As files they cannot be opened where they are sockets. */
const INPUT: ReadonlySet<string> = new Set(['/dev/stdin', '/dev/fd/0', '/proc/self/fd/0'])
const OUTPUT: ReadonlySet<string> = new Set(['/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'])

/** A file to read as it was named; `-` where it is standard input, however it was named. For arguments. */
export function inputFile(name: string): string {
  return INPUT.has(name) ? '-' : name
}

/** The same of a file to write. */
export function outputFile(name: string): string {
  return OUTPUT.has(name) ? '-' : name
}
