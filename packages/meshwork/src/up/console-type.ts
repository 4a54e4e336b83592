/** The console is an ordinary node of this type in the first mesh. */
export const CONSOLE_TYPE = "console";
