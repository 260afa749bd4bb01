// Runs the provider framework's own code (the JavaScript that aws-cdk-lib deploys) for a test, with its three outgoing calls handed to the
// test: the invocation of the user's function, StartExecution of the waiter, and the response to CloudFormation.
// One JSON object a line on both streams. The test sends {call, event}; this sends {invoke|start|respond: ...} and takes one line as the
// answer of each, then sends {done: true} or {threw: {name, message, stack}}.
"use strict";
const path = require("path");
const Module = require("module");
const readline = require("readline");

const runtime = process.argv[2];
process.env.USER_ON_EVENT_FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111122223333:function:OnEvent";
process.env.USER_IS_COMPLETE_FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111122223333:function:IsComplete";
process.env.WAITER_STATE_MACHINE_ARN = "arn:aws:states:eu-west-1:111122223333:stateMachine:Waiter";

const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const send = (value) => process.stdout.write(JSON.stringify(value) + "\n");
const receive = async () => JSON.parse((await lines.next()).value);
console.log = () => {}; // the framework's log

const outbound = {
  invokeFunction: async (request) => {
    send({ invoke: { function: request.FunctionName.split(":").pop(), payload: JSON.parse(request.Payload) } });
    const answer = await receive();
    // What the SDK's call rejects with: Lambda's own throttling, or a network failure.
    if (answer.rejected) throw Object.assign(new Error(answer.rejected.message), { name: answer.rejected.name });
    return { FunctionError: answer.error, Payload: Buffer.from(answer.payload) };
  },
  startExecution: async (request) => {
    send({ start: { input: request.input } });
    const answer = await receive();
    if (answer.rejected) throw Object.assign(new Error(answer.rejected.message), { name: answer.rejected.name });
  },
  httpRequest: async (options, body) => {
    send({ respond: { body } });
    await receive();
  },
};
const load = Module._load;
Module._load = function (request, ...rest) {
  return request === "./outbound" ? outbound : load.call(this, request, ...rest);
};
const framework = require(path.join(runtime, "framework.js"));

(async () => {
  for (;;) {
    const line = await lines.next();
    if (line.done) return;
    const { call, event } = JSON.parse(line.value);
    try {
      await framework[call](event);
      send({ done: true });
    } catch (error) {
      send({ threw: { name: error.constructor.name, message: error.message, stack: error.stack } });
    }
  }
})();
