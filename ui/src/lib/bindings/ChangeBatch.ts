// provisional until ts-rs writes it
import type { ChangeNotice } from "./ChangeNotice";

export type ChangeBatch = { seq: number, changes: Array<ChangeNotice>, gap: boolean, };
