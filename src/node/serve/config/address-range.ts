import { isIP } from "node:net";

/** Splits `10.0.0.0/8` or an address; undefined if it is neither. */
export function addressRange(text: string): { readonly address: string; readonly bits: number } | undefined {
  const [address = "", bits, ...more] = text.split("/");
  const version = isIP(address);
  const most = version === 6 ? 128 : 32;
  const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  return version === 0 || more.length > 0 || !(prefix <= most) ? undefined : { address, bits: prefix };
}
