/** The form of a new run outlives its screen: looking something up elsewhere loses nothing. */
import { EMPTY_FORM, type PlanForm } from './plan';

class NewRun {
  form = $state.raw<PlanForm>(EMPTY_FORM);
  private asked = '';

  set(part: Partial<PlanForm>): void {
    this.form = { ...this.form, ...part };
  }

  /** Takes what an address names, once per address. */
  ask(prompts: string[], dataset: string | null): void {
    const key = JSON.stringify([prompts, dataset]);
    if (key === this.asked || (prompts.length === 0 && dataset === null)) return;
    this.asked = key;
    this.set({
      ...(prompts.length > 0 ? { prompts } : {}),
      ...(dataset !== null ? { dataset } : {}),
    });
  }

  reset(): void {
    this.form = EMPTY_FORM;
    this.asked = '';
  }
}

export const newRun = new NewRun();
