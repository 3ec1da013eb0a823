/** What `nalive` itself answers, whatever the command. */
const aboutNalive = ["--help", "-h", "--version", "-V"];

/**
 * The command line of `nalive` for what was said after `npm start --`: options alone are options of `start`.
 *
 * @param {readonly string[]} given
 * @returns {string[]}
 */
export function cliArguments(given) {
  const [first] = given;
  const isOption = first?.startsWith("-") && !aboutNalive.includes(first);
  return first === undefined || isOption ? ["start", ...given] : [...given];
}
