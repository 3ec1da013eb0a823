/**
 * Version of the wire form: the first byte of each access unit message, and `version` of the hello.
 * It changes when a reader of the one before would misunderstand; fields and types that such a
 * reader can ignore come without a change.
 */
export const wireVersion = 1;
