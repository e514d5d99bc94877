/** Whether the rendering stands beside the editor, and how wide; 0 is half of the room. */
export interface Split {
  value: { open: boolean; width: number };
}

export const SPLIT_AT_FIRST = { open: false, width: 0 };
