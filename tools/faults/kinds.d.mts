export const kinds: readonly { readonly name: string }[];
