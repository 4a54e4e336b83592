/**
 * What `npm start`, `npm test` and their like run: sees to it that dependencies and build are there, then runs the job.
 *
 *   node scripts/bootstrap.mjs start|test|test:browser|test:interop|test:lab|bench|sim|fuzz|prepare [arguments of the job]
 *
 * No dependencies, and this file parses on any Node that knows modules, so that an old one gets a clear line instead of a
 * syntax error. Progress goes to standard error: standard output belongs to the job.
 */
const required = [20, 19];

function tooOld(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < required[0] || (major === required[0] && minor < required[1]);
}

if (tooOld(process.versions.node)) {
  process.stderr.write(
    `meshwork needs Node ${required.join(".")} or newer; this is ${process.versions.node} (${process.execPath}).\n` +
      "Install a newer one from https://nodejs.org or with your version manager, then run the same command again.\n",
  );
  process.exit(1);
} else {
  import("./bootstrap/main.mjs").then(({ main }) => main(process.argv.slice(2)));
}
