/** In place of a prompt version: the requests that the cases were sent with in production. */
export const AS_SENT = '@recorded';
