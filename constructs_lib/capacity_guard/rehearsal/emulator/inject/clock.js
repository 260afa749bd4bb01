// Put the Node process that requires this file on the rehearsal clock (NODE_OPTIONS=--require .../clock.js).
// The file does nothing unless CAPACITY_GUARD_CLOCK names a clock file; rehearsal/emulator/clock.py writes that file
// and documents its format. Date shows rehearsal time; the length of a timer counts rehearsal time.
"use strict";
(() => {
  const path = process.env.CAPACITY_GUARD_CLOCK;
  const fs = require("fs");
  if (!path || !fs.existsSync(path)) return;

  const RealDate = Date;
  const realNow = RealDate.now.bind(RealDate);
  const descriptor = fs.openSync(path, "r");
  const bytes = Buffer.alloc(64);
  let readAt = -Infinity;
  let wall = 0, rehearsal = 0, speed = 1;

  function now() {
    const real = realNow();
    // The process notices a jump at most 20 ms late; reading the file at every call would be slower than the call.
    if (real - readAt > 20 || real < readAt) {
      fs.readSync(descriptor, bytes, 0, 64, 0);
      const slot = 8 + 24 * Number(bytes.readBigUInt64LE(0) & 1n);
      wall = bytes.readDoubleLE(slot);
      rehearsal = bytes.readDoubleLE(slot + 8);
      speed = bytes.readDoubleLE(slot + 16);
      readAt = real;
    }
    return (rehearsal + (real / 1000 - wall) * speed) * 1000;
  }

  class RehearsalDate extends RealDate {
    constructor(...args) {
      if (args.length === 0) super(Math.floor(now()));
      else super(...args);
    }
    static now() {
      return Math.floor(now());
    }
  }
  Object.defineProperty(RehearsalDate, "name", { value: "Date" });
  // Values that earlier code created must stay instances, and Date() without new must return a string.
  Object.defineProperty(RehearsalDate, Symbol.hasInstance, { value: (v) => v instanceof RealDate });
  globalThis.Date = new Proxy(RehearsalDate, {
    apply: () => new RehearsalDate().toString(),
  });

  // Timeouts of sockets and HTTP agents count wall time: a second shortened to 1/30 would end requests that wait for a
  // busy processor. Therefore no timer becomes shorter than this.
  const SHORTEST_MS = 50;
  const shorten = (ms) => {
    const length = Number(ms);
    if (!(length > SHORTEST_MS)) return ms;
    now();
    return Math.max(length / speed, SHORTEST_MS);
  };
  const timers = require("timers");
  const promises = require("timers/promises");
  for (const name of ["setTimeout", "setInterval"]) {
    const real = globalThis[name];
    const replacement = (callback, ms, ...args) => real(callback, shorten(ms), ...args);
    // util.promisify(setTimeout) finds its promise form under a symbol.
    for (const symbol of Object.getOwnPropertySymbols(real)) {
      const form = real[symbol];
      Object.defineProperty(replacement, symbol, { value: (ms, ...rest) => form(shorten(ms), ...rest) });
    }
    globalThis[name] = replacement;
    timers[name] = replacement;
    const promised = promises[name];
    promises[name] = (ms, ...rest) => promised(shorten(ms), ...rest);
  }
})();
