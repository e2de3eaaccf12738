/** The host of an address: of IPv6 the first half, for one machine has all of the other. */
export function hostOf(address: string): string {
  const bare = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  return bare.includes(':') ? bare.split(':').slice(0, 4).join(':') : bare
}
