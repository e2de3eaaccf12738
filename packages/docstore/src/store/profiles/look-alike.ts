/** Cyrillic, Greek and other letters, and digits, that fonts draw like the Latin letters below them (confusables of UTS #39). */
const TWINS =
  '\u0430\u0432\u0441\u0501\u0435\u0261\u04bb\u0456\u0458\u043a\u04cf\u043c\u043e\u0440\u051b\u0455\u0442\u0475\u051d\u0445\u0443\u03b1\u03b2\u03b5\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u013101'
const LATIN = 'abcdeghijklmopqstvwxyabeikvoptuxiol'

/** One text for names that look alike: without case, forms, white space and marks, and with one letter for those that look the same. */
export function lookOf(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[\s\ufe0f\u0300-\u036f]/gu, '')
  return Array.from(plain, (letter) => (TWINS.includes(letter) ? LATIN[TWINS.indexOf(letter)] : letter)).join('')
}
