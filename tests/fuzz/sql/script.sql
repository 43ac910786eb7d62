\set ON_ERROR_STOP on
-- pgrollout: phase contract
SET lock_timeout = '1s';
BEGIN;
ALTER TABLE a.t ADD COLUMN c int NOT NULL DEFAULT random() REFERENCES p (id), ADD CONSTRAINT f FOREIGN KEY (x, y) REFERENCES p (x, y) NOT VALID;
-- pgrollout: ignore L07,L08 it is small
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t USING btree (lower(a), b DESC) INCLUDE (c) WHERE d IS NULL;
COMMIT;
CREATE TABLE t (id serial PRIMARY KEY, a varchar(3)[], b timestamp(3) with time zone, u int REFERENCES users ON DELETE CASCADE, CHECK (a <> '{}'), LIKE q INCLUDING ALL) PARTITION BY RANGE (id);
CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;
UPDATE t SET (a, b) = (SELECT 1, 2), c[1] = 2 FROM u WHERE t.a IS NULL OR NOT (b IS NOT NULL);
DO $x$ BEGIN EXECUTE 'DROP TABLE t'; END $x$;
