/** Bytes that are not the Arrow they claim to be, or Arrow of a kind that is not read. */
export class ArrowError extends Error {}
