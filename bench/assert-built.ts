const { sourcesAreNewer } = (await import(new URL('../packages/cli/bin/sources.js', import.meta.url).href)) as { sourcesAreNewer: () => boolean }

/** Throws where sources are newer than what was built: relays would load those, which takes them half a second and 70 MB more than what users start. */
export function assertBuilt(): void {
  if (sourcesAreNewer()) throw new Error('The sources are newer than what was built, which users start: npm run build')
}
