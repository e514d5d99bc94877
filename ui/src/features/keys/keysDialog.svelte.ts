/** Whether the API keys lie over the window, and for which origin they were asked for. */
export const keysDialog = $state({ open: false, origin: '' });

/** Opens the API keys, ready to take one for `origin`. */
export function openKeys(origin = ''): void {
  keysDialog.origin = origin;
  keysDialog.open = true;
}
