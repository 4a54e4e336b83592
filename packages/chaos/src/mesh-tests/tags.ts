/** Of what is free for extensions: a handler of ours, and one that nobody has. */
export const TEST_TAG = 0x90;
