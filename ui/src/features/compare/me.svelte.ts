/** Who reviews on this machine: known once a line was written, since the backend fills it in. */
class Me {
  name = $state<string | null>(null);
}

export const me = new Me();
