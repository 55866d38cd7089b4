/*
 * Text of others (of the service, of files, of libraries) must not steer the terminal it is shown on: no control
 * characters, nothing that reorders what is read (bidi controls), no line or paragraph separators, no lone surrogates,
 * nothing that takes no room but joins nothing either.
 * Each is shown by its code instead, `\u001b`: the way JSON writes it, so that JSON stays JSON with the same meaning.
 */

const unseen = /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu

/** Lines and tabs stay. */
export const visible = (text: string): string =>
  text.replaceAll(unseen, sign => (sign === '\n' || sign === '\t' ? sign : escapeOf(sign)))

/** For text within a line: it cannot begin another one. */
export const visibleInLine = (text: string): string => text.replaceAll(unseen, escapeOf)

const escapeOf = (sign: string): string => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`
