/** Short messages that come up at the edge and are read out; problems stay until dismissed. */
import type { Problem } from '$lib/bindings/Problem';
import { asProblem } from '$lib/problem';

export interface Notice {
  id: number;
  text: string;
  problem?: Problem;
  link?: { label: string; href: string };
}

const SHOWN_MS = 6000;

class Notices {
  list = $state.raw<Notice[]>([]);
  private nextId = 1;

  info(text: string, link?: Notice['link']): void {
    const id = this.add({ text, link });
    setTimeout(() => this.dismiss(id), SHOWN_MS);
  }

  problem(thrown: unknown): void {
    const problem = asProblem(thrown);
    this.add({ text: problem.message, problem });
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  private add(notice: Omit<Notice, 'id'>): number {
    const id = this.nextId++;
    this.list = [...this.list.slice(-3), { ...notice, id }];
    return id;
  }
}

export const say = new Notices();
