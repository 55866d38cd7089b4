/** Reads `key = value` lines, as `odps_config.ini` has them; `#`, `;` and `[section]` lines are passed over. */
export const parseIni = (text: string): ReadonlyMap<string, string> => {
  const values = new Map<string, string>()
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const [, key, value] = /^\s*([^#;[=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (key !== undefined && value !== undefined && value !== '') values.set(key.toLowerCase(), value)
  }
  return values
}
