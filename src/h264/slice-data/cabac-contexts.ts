/** Number of context variables: ctxIdx goes from 0 to 1023. */
export const contextCount = 1024;
/** ctxIdx from which on contexts are for 4:4:4 only. */
const firstOf444 = 460;
/**
 * The contexts of Cb and Cr residual blocks in 4:4:4 start with the values of those of luma (tables
 * 9-24 to 9-33). Each row: the first ctxIdx of Cb and of Cr, the first ctxIdx of luma, the number
 * of contexts. The last row is coded_block_flag of 8x8 blocks, which only 4:4:4 has.
 */
const copiesFor444 = [
  [[460, 472], 85, 12],
  [[484, 528], 105, 44],
  [[572, 616], 166, 44],
  [[660, 718], 402, 15],
  [[675, 733], 436, 15],
  [[690, 748], 417, 9],
  [[699, 757], 451, 9],
  [[708, 766], 426, 10],
  [[776, 820], 277, 44],
  [[864, 908], 338, 44],
  [[952, 982], 227, 30],
  [[1012, 1016, 1020], 93, 4],
] as const;

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// m and n of each ctxIdx (tables 9-12 to 9-33) as signed bytes, in base64.
const intra =
  "FPECNgNKFPECNgNK5H/paPo1/zYHMwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" +
  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACkAPwA/AD/3UwRWAGH5SA0p" +
  "Az4ACwE3AEXvf/NmAFL5Sutr5X/hf+h/7l/lf+ty4n/ve/Rz8Hr1c/Q//kTxVPNo/Ub4XfZa4n//Svph+Vvsf/w4+1L5" +
  "TOp9+V31V/1N+0f8P/xE9FT5PvlBCD0FOP5CAUAAPf5OATIHNAojACwLJgEtAC4FLB8RATMHMhwTECEOPvNs8WTzZfNb" +
  "9F72WPBU9lb5U/NX7V4BRgBI+0oSO/hm8WQAX/xLAkj1S/1HDy7zRQA+AEEVJfFICTkQNgA+DEgYAA8JCBkNEg8JDRMK" +
  "JQwSBh0UIQ8eBC0BOgA+Bz0MJgstDycLKg0sEC0MKQoxHiISKgo3ETMRLgBZGu0W7xrvHucc7CHpJeUh6SjkJu8h9Sjx" +
  "KfomASkRHvobAxoWJfAj/Cb4Jv0lAyYFKgAjECcWDjAbJRU8DEQCYf1H+ir7Mv02/j4AOgE//kj/Svdb+0P7G/0n/iwA" +
  "LvBA+ET2TvpN9lb0XPE39jz6PvxB9En4TPlQ91jvbvVh7FT1T/pJ/ErzVvNg9WHtdfhO+yH8MP41/T7zR/ZP9FbzWvJh" +
  "AAD6XfpU+E8AQv9HAD7+PP47+0v9Pvw690L/TwBHA0QKLPk+DyQOKBAbDB0BLBQkEiAFKgEwCj4RLglA9Gj1YfBg+Vj4" +
  "VflV91XzWARC/U39TPpMCjr/TP9T+WPyXwJfAEz7SgBG9UsBRABB8kkDPgQ+/0TzSws3BUAMRg8GBhMHEAwOEg0NCw0P" +
  "DxAMFw0XDxQOGg4sESgRLxgRFRUZFh8bFh0TIw4yCjkHP/5N/FL9XglF9G0k3STeIOYl4izgIu4i8SjxIfkj+yEAJgIh" +
  "DRcjDTod/RoAFh4f+SPxIv0iAyT/IgUgCyMFIgwnCx4dIhodJxNCHxUfHxky73jscO5y9VXxXPJZ5kfxUfJQAETyRug4" +
  "6UToMvVKF/Ma8yjxMfIsAy0GLCIhNhNS/Uv/FwEiASsANv43AD0BQABE91zyavNh8Vr0Wu5Y9kn3T/JW9kn2RvZF+0L3" +
  "QPs6AjsV9hj1HPgc/x0DHQkjFB0kDkM=";
const inter = [
  "FPECNgNKFPECNgNK5H/paPo1/zYHMxchFwIVAAEJADHbdgU58071QQE+DDH8SREyEkAJKx0AGkMQWglo0n/saAFD8071" +
    "QQE++lbvX/o9CS39RfpR9WAGNwdD+1YCWAA6/Uz2XgU2BEX9UQBY+UP7SvxK+1D5SAE6ACkAPwA/AD/3UwRWAGH5SA0p" +
    "Az4ALfxO/WDlfuRi52XpQ+RS7F7wU+pu61vuZvNd43/5XPtZ+WDzbP0u/0H/Ofdd/Ur3XPhX6X4FNgY8BjsGRf8wAET8" +
    "RfhY/lX6Tv9L+U0CNgUy/UQBMgYq/FEBP/xGAEMCOf5MCyMEQAE9CyMSGQwYDR0NJPZd+Un+SQ0uCTH5ZAk1AjUFNf49" +
    "ADgAOPM/+zz/PgQ5+kUEOQ4nBDMNRANAAT0JPwcyECcFLAQ0CzD7PP87ADsWIQUsDiv/TgA8CUULHAIoAywAMQAuAiwC" +
    "MwAvBCcCPgYuADYDNgI6BD8GMwY5BzUGNAY3Cy0OJAg1/1IHN/1ODy4WH/9UGQce+RwDHAQgACL/HgYeBiAJHxMaGxoe" +
    "JRQcIhFGAUMFOwlDEB4SIBIjFh0YHxcmEisUKQs/CTsJQP9e/ln3bPpM/iwALQA0/UD+O/xG/Ev4Uu9m900DGAAqADAA" +
    "N/o7+Uf0U/VX4ncBOv0d/yQBJgIr+jcAOgBA/Ur2WgBG/B0FHwcqATv+Ov1I/VH1YQA6CAUKDg4SDRsCKAA6/Ub6T/hV" +
    "AADzavBq9lfrcu5u8mLqbutq7mfra+ls5nD2YPRf+1v3Xepe+1YJQ/xQ9lX/Rgc8CToFPQwyDzISMRE2CikHLv8zBzEI" +
    "NAkpBi8CNw0pCiwGMgU1DTEEPwZA/kX+OwZGCiwJHwwrAzUOIgom/TQNKBEgBywHJg0yCjkaKw4LCw4JCxILFQkX/iDx" +
    "IPEi6yfpKt8p4S7kJvQVHS3oNdMw5kHVK+0n9h4JEhoUGwA58lL7S+1h3X0bABwAH/wbBiIIHgoYFiETFiAaHxUpGiwX" +
    "LxBBDkcIPAY/EUEVGBcUGhcbIBwXHBgXKBggHB0XKhM5FjUWPQtWDCgLMw47/E/5R/tF90b4QvZE7Un0RfBG8UPsPu1G" +
    "8ELqQew/Cf4a9yH3J/kp/i0DMQktGyQ7+kL5I/kq+C37MPQ4+jz7PvhC+Ez7VfpR9k35Ue9Q7kn8SvZT90f3Q/89+ELy" +
    "QgA7AjsV8yHyJ/ku/jMCPAY9ETciKj4=",
  "FPECNgNKFPECNgNK5H/paPo1/zYHMxYZIgAQAP4JBCnjdgJB+kfzTwU0CTL9Rgo2GiITFigAOQIpJBpF03/xZfxM+kfz" +
    "TwU0BkXzWgA0CCv+RftS9mACOwJL/Vf9ZAE4/Ur6VQA7/VH5Vvtf/0L/TQFG/lb7SAA9ACkAPwA/AD/3UwRWAGH5SA0p" +
    "Az4NDwczAlDZf+5b72DmUd1i6GbpYeV36GPrbu5m3H8AUPtZ+V78XAAnAEHxVN1//kn0aPdb4X8DNwc4BzcIPf01AET5" +
    "SvdY82fzW/dZ8lz4TPRX6W7oafZO7HDvY7J/un/Of9J//EL7TvxH+EgCO/83+Ub6S/hZ3nf9SyAUHhbUfwA2+z0AOv88" +
    "/T34Q+dU8kr7QQU0AjkAPfdF9UYSN/xHADoHPQkpEhkJIAUrCS8ALAAzAi4TJvxCDyYMKgkiAFkELQocCh8h9TTVEg8c" +
    "ACPqJuciACfuIPRmogAAOPEh/B0KJfsz4yf3NN5FxkPBLPsgBzfjIAEAABskIeci4iTkJuQm5SLuI/Ai8iD4JfojAB4K" +
    "HBIaGR0pAEsCSAhNDiMSHxEjFR4RLRQqEi0bGhA2B0IQOAtJCkP2dOlw8Uf5PQA1+0L1TfdQ91T2V95/62X9J/s1+T31" +
    "S/FN71vna+dv5Hr1TPYs9jT2Ofc68Ej5RfxF+0r3VgJC9yIBIAsfBTT+N/5DAEn4WQM0BwQKCBEIEBMDJf89+0n/RvxO" +
    "AADrful87G7mfud872nleeV172bmdeV033r2X/Jk+F/vb+Ry+ln+UPxS91X4Uf9IBUABQwk4AEUBRQdF+UX6Q/BN/kAC" +
    "PfpD/UACOf1B/UIAPgkz/0L+R/5L/0b3SA48ECUALxIjCyUMKQopAjAMKQ0pADsDMhMoA0ISMhP6EvoOABr0H/Ah5yHq" +
    "JeQn4iriL9Yt3DHeKe8gCUW5P8FCwE22Ntk03Sn2JAAo/x4OHBoXJQw3C0El3yfcKNsm4i7fKuIo6DHjJvQo9ib9Lvsf" +
    "FB0eGSwMMAsxGi0WFhcWGxUhFBocHhgbIhIqGScSMgxGFTYORwtTGSAVMRU2+1X6UfZN+VHvUO5J/Er2U/dH90P/PfhC" +
    "8kIAOwI7EfYg8yr3Mfs1AEADRApCGy85+0cAGP8k/ir+NPc5+j/8QfxD+VL9Uf1M+Uj6TvRI8kT9RvpM+0L7PgA5/D33" +
    "PAE2AjoR9iDzKvcx+zUAQANECkIbLzk=",
  "FPECNgNKFPECNgNK5H/paPo1/zYHMx0QGQAOAPYz/T7lYxoQ/FXoZgU5BjnvSQ45FCgUCh0ANgAlKgxh4H/qdf5K/FXo" +
    "ZgU5+l3yWPosBDf1WfFn63QTORQ6BFQGYAE/+1XzagU/Bkv9Wv9lAzf8T/5L9GH5MgE8ACkAPwA/AD/3UwRWAGH5SA0p" +
    "Az4HIvdY7H/cf+9b8l/nVOdW9FnvW+F/8kzuZ/Na238LUAVMAlQFTvo3BD3yU9t/+0/1aPVb4n8AQf5PAEj8XPo4A0T4" +
    "R/Ni/Fb0WPtS/Uj8Q/hI8Fn3Rf87BUIEOfxH/kcCOv9K/Cz/RQA++TP8L/oq/Sn6NQhM9071Uwk0AEP7WgFD8Uj7S/hQ" +
    "61PrQPMf50DjXglLET/4Svsj/hsNWwNB+UUITfZCAz79ROxRAB4BB/0X60oQQul8ESUs7jLe6n8EJwAqByILHQgfBiUH" +
    "KgMoCCENKw0kBC8DNwI6BjwILAssDioHMAQ4BDQNJQkxEzoKMAwtAEUUIQg/I+4h5xz9GAobACLyNNQn6BMRHxkkHRgh" +
    "Ig8eFBZJFCITHxssExAPJA8kFRwZFR4UHwwbEBgqAF0OOA85Gibof+hz6lL3PgA1ADvyVfNZ8171XON/62TyOfRD9Uf2" +
    "TetV8FjpaPFi23/2Uvgw+D34QvlG8kv2T/dT9FzubPxP6kXwS/46ATrzTvdT/FHzY/NR+ibzPvo6/jvwSfZM81b3U/ZX" +
    "AADqf+d/53jlf+1y6XXnduZ16HHkduF423z2XvFm9mPzas5/+1wROftW8170W/5NAEf/SQRA+VEFQA85AUMARPZDAUQA" +
    "TQJAAET7Tgc3BTsCQQ42DywFPAJG/kzuVgxGBUD0Rgs3BTgARQJB+koFNgc2+kz1Uv5N/k0ZKhHzEPcR9BvrJeIp2CrX" +
    "MNEn4C7YNM0u1zTZK+0gCz3JONI+zlG9Lewj/hwPIgEnAR4RFCYSLQ82AE8k8CXyJe8gASIPHQ8YGSIWHxAjEh8cISkk" +
    "HBsvFT4SHxMaJBgYFxsQGB4fHRYpFioQPA80DjwDTvB7FTUWOBk9FSETMhE9/U74SvdI9kjuS/RH9T/7Ru9L8kjwQ/g1" +
    "8jv3NPVECf4e9h/8If8hBx8MJRcfJhRA90f5Jfgs9TH2OPQ7+D/3Q/pE9k/9TvhK90j2SO5L9Ef1P/tG70vySPBD+DXy" +
    "O/c09UQJ/h72H/wh/yEHHwwlFx8mFEA=",
];

const tables = [intra, ...inter].map(bytesOf);

/**
 * Sets the context variables to their values at the start of a slice (9.3.1.1).
 *
 * @param states pStateIdx * 2 + valMPS of each ctxIdx
 * @param cabacInitIdc undefined for I slices
 * @param is444 sets the contexts that only 4:4:4 uses, too
 */
export function initializeContexts(
  states: Uint8Array,
  cabacInitIdc: number | undefined,
  sliceQpY: number,
  is444: boolean,
): void {
  const table = tables[cabacInitIdc === undefined ? 0 : cabacInitIdc + 1]!;
  const qp = Math.max(0, Math.min(51, sliceQpY));
  for (let context = 0; context < firstOf444; context++) {
    const m = table[context * 2]!;
    const n = table[context * 2 + 1]!;
    const preCtxState = Math.max(1, Math.min(126, ((m * qp) >> 4) + n));
    states[context] = preCtxState <= 63 ? (63 - preCtxState) * 2 : (preCtxState - 64) * 2 + 1;
  }
  if (!is444) return;
  for (const [targets, source, length] of copiesFor444) {
    for (const target of targets) states.copyWithin(target, source, source + length);
  }
}

/** Decodes base64 by hand: the language has no function for it, and platforms differ. */
function bytesOf(base64: string): Int8Array {
  const bytes = new Int8Array(firstOf444 * 2);
  let bits = 0;
  let count = 0;
  let at = 0;
  for (const character of base64) {
    const value = alphabet.indexOf(character);
    if (value < 0) break;
    bits = ((bits << 6) | value) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes[at++] = (bits >> count) & 0xff;
  }
  return bytes;
}
