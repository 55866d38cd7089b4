/** In DuckDB's quotes and in lower case, as MaxCompute keeps names. */
export const quoteName = (name: string): string => `"${name.toLowerCase().replaceAll('"', '""')}"`

/** As a DuckDB text, of type VARCHAR: a bare literal would become whatever stands beside it. */
export const quoteText = (text: string): string => {
  const quoted = `'${text.replaceAll("'", "''")}'::VARCHAR`
  return text.includes('\uE000') ? `(${quoted.replaceAll('\uE000', "' || chr(57344) || '")})` : quoted
}
