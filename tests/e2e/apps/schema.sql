-- SPDX-License-Identifier: Apache-2.0
CREATE EXTENSION pg_stat_statements;
CREATE TABLE orders (id int PRIMARY KEY, customer text NOT NULL);
CREATE TABLE items (id int PRIMARY KEY, order_id int NOT NULL, price numeric NOT NULL);
INSERT INTO orders SELECT n, 'customer ' || n FROM generate_series(1, 100) n;
INSERT INTO items SELECT n, n / 25, n FROM generate_series(1, 2500) n;
CREATE ROLE secretive LOGIN PASSWORD 'pLaNtEd-role-password';
GRANT SELECT ON orders TO secretive;
