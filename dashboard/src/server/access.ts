import { api } from "./api.js";

/**
 * Learns what this page's token allows. Elements with `data-needs` are shown only if it allows
 * that.
 *
 * @returns false if it does not allow everything
 */
export async function learnAccess(): Promise<boolean> {
  const access = await api.getAccess().catch(() => undefined);
  if (!access) return true;
  const actions = (["view", "publish", "manage"] as const).filter((action) => access[action]);
  document.documentElement.dataset.may = actions.join(" ");
  return actions.length === 3;
}
