// provisional until ts-rs writes it

export type ChangeNotice = { topic: string, id: string, };
