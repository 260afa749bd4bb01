// Runs the provider framework's own code (the JavaScript that aws-cdk-lib deploys) for a test. What leaves it is handed to the test: the
// SDK's calls of Lambda and Step Functions, and the PUT of the response for CloudFormation.
// One JSON object a line on both streams. The test sends {call, event}; this sends {invoke|wait|start|respond: ...} and takes one line as the
// answer of each, then sends {done: true} or {threw: {name, message, stack}}.
"use strict";
const path = require("path");
const Module = require("module");
const readline = require("readline");
const { EventEmitter } = require("events");

const runtime = process.argv[2];
process.env.USER_ON_EVENT_FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111122223333:function:OnEvent";
process.env.USER_IS_COMPLETE_FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111122223333:function:IsComplete";
process.env.WAITER_STATE_MACHINE_ARN = "arn:aws:states:eu-west-1:111122223333:stateMachine:Waiter";

const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const send = (value) => process.stdout.write(JSON.stringify(value) + "\n");
const receive = async () => JSON.parse((await lines.next()).value);
console.log = () => {}; // the framework's log
global.setTimeout = (later) => setImmediate(later); // its pauses between repetitions take no time of the test

let die; // ends the framework's own function in the middle
const ask = async (value) => {
  send(value);
  const answer = await receive();
  if (answer.died) {
    die(new Error("Task timed out after 900.00 seconds"));
    return new Promise(() => {});
  }
  // What the SDK's call rejects with: Lambda's own throttling, or a network failure.
  if (answer.rejected) throw Object.assign(new Error(answer.rejected.message), { name: answer.rejected.name });
  return answer;
};

const modules = {
  "@aws-sdk/client-lambda": {
    Lambda: class {
      async invoke(request) {
        const name = request.FunctionName.split(":").pop();
        const answer = await ask({ invoke: { function: name, payload: JSON.parse(request.Payload) } });
        return { FunctionError: answer.error, Payload: Buffer.from(answer.payload) };
      }
    },
    waitUntilFunctionActiveV2: async () => ask({ wait: {} }),
  },
  "@aws-sdk/client-sfn": {
    SFN: class {
      async startExecution(request) {
        await ask({ start: { input: request.input } });
      }
    },
  },
  https: {
    request: (options, then) => {
      const request = new EventEmitter();
      let body = "";
      request.write = (text) => (body += text);
      request.end = async () => {
        const { status } = await ask({ respond: { body } });
        then({ statusCode: status, resume: () => {} });
      };
      return request;
    },
  },
};
const load = Module._load;
Module._load = function (request, ...rest) {
  return modules[request] || load.call(this, request, ...rest);
};
const framework = require(path.join(runtime, "framework.js"));

(async () => {
  for (;;) {
    const line = await lines.next();
    if (line.done) return;
    const { call, event } = JSON.parse(line.value);
    const died = new Promise((_, reject) => (die = reject));
    try {
      await Promise.race([framework[call](event), died]);
      send({ done: true });
    } catch (error) {
      send({ threw: { name: error.constructor.name, message: error.message, stack: error.stack } });
    }
  }
})();
