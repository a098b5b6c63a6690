// SPDX-License-Identifier: Apache-2.0
// An HTTP server that has its work done by two worker threads. usage: PORT
const { Worker, isMainThread, parentPort } = require('worker_threads');

function work(milliseconds) {
  const end = process.cpuUsage().user + milliseconds * 1000;
  let sum = 0;
  for (let i = 0; i < milliseconds * 1e5; i++) sum += i % 7;
  return sum + end;
}

if (isMainThread) {
  const workers = [new Worker(__filename), new Worker(__filename)];
  let next = 0;
  require('http').createServer((request, response) => {
    workers[next++ % 2].postMessage(20);
    response.end('ok');
  }).listen(Number(process.argv[2]), '127.0.0.1');
} else {
  parentPort.on('message', work);
}
