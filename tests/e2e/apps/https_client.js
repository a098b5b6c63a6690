// SPDX-License-Identifier: Apache-2.0
// GET PATH/0, PATH/1, … over four TLS connections. usage: PORT PATH REQUESTS
// Who asks for /warm stays for a while, to be found.
const https = require("https");
const [port, path, requests] = process.argv.slice(2);
const agent = new https.Agent({keepAlive: true, maxSockets: 4, rejectUnauthorized: false});

function get(number) {
  return new Promise((resolve, reject) => {
    https.get({host: "127.0.0.1", port, path: `${path}/${number}`, agent}, (reply) => {
      reply.resume();
      reply.on("end", resolve);
    }).on("error", reject);
  });
}

Promise.all([...Array(Number(requests)).keys()].map(get))
  .then(() => setTimeout(() => agent.destroy(), path === "/warm" ? 700 : 0));
