/** Puts a text on the clipboard and says so. */
import { host } from '$lib/host';
import { say } from '$lib/notices.svelte';

export async function copy(text: string, what: string): Promise<void> {
  try {
    await host.copyText(text);
    say.info(`Copied ${what}`);
  } catch (thrown) {
    say.problem(thrown);
  }
}
