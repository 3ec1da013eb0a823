/** Options that `nalive` itself answers, without a command. */
const globalOptions = ["--help", "-h", "--version", "-V"];

/**
 * Turns the arguments after `npm start --` into a `nalive` command line: options alone are options
 * of `start`.
 *
 * @param {readonly string[]} given
 * @returns {string[]}
 */
export function cliArguments(given) {
  const [first] = given;
  const isStartOption = first?.startsWith("-") && !globalOptions.includes(first);
  return first === undefined || isStartOption ? ["start", ...given] : [...given];
}
