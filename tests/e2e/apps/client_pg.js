// SPDX-License-Identifier: Apache-2.0
// Fifty queries: with values, named, and in the text.
const {Client} = require('pg');
const [host, port] = require('fs').readFileSync('database', 'utf8').split(' ');

async function run() {
  const client = new Client({host, port: Number(port), user: 'postgres', database: 'postgres'});
  await client.connect();
  for (let id = 0; id < 20; id++)
    await client.query('SELECT customer FROM orders WHERE id = $1', [id]);
  const text = 'SELECT customer FROM orders WHERE id = $1';
  for (let id = 0; id < 20; id++) await client.query({name: 'by-id', text, values: [id]});
  for (let id = 0; id < 10; id++) await client.query(`SELECT customer FROM orders WHERE id = ${id}`);
  await client.end();
}

run();
