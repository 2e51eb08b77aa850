/** What a header may be called (RFC 9110 §5.6.2), for schemas. */
export const HEADER_NAME = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"
