import { expect, test } from "vitest";
import { dropToken, keepToken, keptToken, tokenFromHash, tokenFromPaste } from "./token.js";

test.each([
  ["#token=abc123", "abc123", ""],
  ["#token=a%2Bb+c/d==", "a+b+c/d==", ""],
  ["#token=abc&view=/nodes", "abc", "#/nodes"],
  ["#token=", null, ""],
  ["#token=a%20b", null, ""],
  ["#token=%E0%A4%A", null, ""],
  ["#/nodes", null, null],
  ["", null, null],
])("%s gives the token %s and leaves %s", (hash, token, rest) => {
  expect(tokenFromHash(hash)).toEqual({ token, hash: rest });
});

test.each([
  ["  abc123\n", "abc123"],
  ["http://127.0.0.1:19090/#token=abc123", "abc123"],
  ["two words", null],
  ["", null],
])("what was pasted: %j gives %s", (text, token) => {
  expect(tokenFromPaste(text)).toBe(token);
});

test("keeps the token until it is dropped, and takes nothing else for one", () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  keepToken(storage, "abc");
  expect(keptToken(storage)).toBe("abc");
  keepToken(storage, "with\nline");
  expect(keptToken(storage)).toBeNull();
  dropToken(storage);
  expect(kept.size).toBe(0);
});
