/**
 * Version of the wire form: the first byte of each access unit message, and `version` of the hello.
 * It changes if readers of the old version would misunderstand the new one. It stays for new fields
 * and types that they can ignore.
 */
export const wireVersion = 1;
