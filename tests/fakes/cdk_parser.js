// How the parser of the installed CDK CLI reads command lines. Standard input: JSON, a list of {args, env}; standard output: the same
// for the answers, {ok: values} or {error: message}. The parser is no public name of the package, so its text gets one more line.
"use strict";
const fs = require("fs");
const path = require("path");
const Module = require("module");

const NAMES = "STACKS rollback hotswap hotswapFallback express revertDrift watch method execute all exclusively app output".split(" ");
const PARSER = "const argv = yargs2(processArgs, cwd, require);\n";

const file = path.resolve(process.argv[2], "node_modules/aws-cdk/lib/index.js");
const cli = new Module(file, null);
cli.filename = file;
cli.paths = Module._nodeModulePaths(path.dirname(file));
const text = fs.readFileSync(file, "utf8");
if (!text.includes(PARSER)) throw new Error("this version of the CDK CLI makes its parser in another way");
cli._compile(
  text.replace(PARSER, PARSER + "      globalThis.anotherParser = () => yargs2([], process.cwd(), require);\n") +
    "\nmodule.exports.read = async (args) => { init_parse_command_line_arguments(); yargs = globalThis.anotherParser();" +
    " yargs.exitProcess(false).showHelpOnFail(false); return parseCommandLineArguments(args); };\n",
  file,
);

(async () => {
  const answers = [];
  for (const { args, env } of JSON.parse(fs.readFileSync(0, "utf8"))) {
    Object.assign(process.env, env);
    try {
      const found = await cli.exports.read(args);
      answers.push({ ok: Object.fromEntries(NAMES.map((name) => [name, found[name] ?? null])) });
    } catch (error) {
      answers.push({ error: String(error.message ?? error) });
    }
    for (const name of Object.keys(env)) delete process.env[name];
  }
  fs.writeSync(1, JSON.stringify(answers));
  process.exit(0);
})();
