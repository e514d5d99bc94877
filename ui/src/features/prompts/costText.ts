/** Figures of a prompt with a model, in words. */
import type { CountedFrom } from '$lib/bindings/CountedFrom';
import type { ModelCost } from '$lib/bindings/ModelCost';
import type { Role } from '$lib/bindings/Role';
import { count, plural, share, usd } from '$lib/format';

/** The message that costs most, with its place where its role stands more than once. */
export function dearestText(cost: ModelCost, roles: readonly Role[]): string {
  if (cost.dearest === null) return 'no message';
  return `${sectionName(roles, cost.dearest)} costs most: ${share(cost.dearest_share)}`;
}

export function sectionName(roles: readonly Role[], index: number): string {
  const role = roles[index] ?? 'message';
  const nth = roles.slice(0, index + 1).filter((other) => other === role).length;
  return roles.filter((other) => other === role).length > 1 ? `${role} ${count(nth)}` : role;
}

/** Of 1,000 calls. What nobody knows is no price, never nothing. */
export function priceText(cost: ModelCost): string {
  if (cost.usd_per_1000 !== null) return usd(cost.usd_per_1000);
  return cost.usd_in_per_1000 === null ? 'no price' : `≥ ${usd(cost.usd_in_per_1000)}`;
}

export function outputText(cost: ModelCost): string {
  if (cost.tokens_out === null) {
    return 'Nothing says how long an answer is: the price is of the input alone.';
  }
  const out = `${count(cost.tokens_out)} tokens out assumed`;
  const calls = plural(cost.tokens_out_calls, 'earlier call');
  switch (cost.tokens_out_from) {
    case 'prompt':
      return `${out}, the mean of ${calls} of this prompt`;
    case 'model':
      return `${out}, the mean of ${calls} of this model`;
    case 'limit':
      return `${out}, from its limit alone`;
  }
}

export function encodingText(cost: ModelCost): string {
  return cost.own_encoding
    ? `counted with ${cost.encoding}`
    : `counted with ${cost.encoding}, which stands in for its own`;
}

export function countedText(counted: CountedFrom): string {
  return counted.from === 'case'
    ? `the request of case ${counted.key} of ${counted.dataset}`
    : 'the templates, before variables';
}
