/**
 * What the install and the build take from their parent. npm hands its own settings down as `npm_config_*`: under
 * `npm start --silent` or with NODE_ENV=production in the shell a nested `npm ci` would say nothing or leave out what the
 * build needs. Kept are the settings that say where packages come from.
 */
const KEPT_NPM_CONFIG =
  /^npm_config_(registry|.*:registry|\/\/.*|(https?_?)?proxy|https-proxy|no_?proxy|cafile|ca|strict[_-]ssl|cache|userconfig|globalconfig|fetch[_-].*|maxsockets|(prefer[_-])?offline)$/i;
const DROPPED = new Set(["NODE_ENV", "NODE_OPTIONS", "INIT_CWD"]);

export function cleanEnvironment(source) {
  const env = {};
  for (const [key, value] of Object.entries(source)) {
    if (value === undefined || DROPPED.has(key)) continue;
    if (/^npm_/i.test(key) && !KEPT_NPM_CONFIG.test(key)) continue;
    env[key] = value;
  }
  return env;
}

/** The npm that runs us, where one does; else the one on the path. */
export function npmCommand(source, execPath) {
  const running = source.npm_execpath ?? "";
  return /(^|\/)npm-cli\.c?js$/.test(running) ? [execPath, running] : ["npm"];
}
