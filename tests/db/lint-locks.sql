-- Tables for tests/db/lint-locks.sh, one of each shape that its statements need.
CREATE TABLE u (id bigint PRIMARY KEY);
CREATE TABLE t (id bigint PRIMARY KEY, a int NOT NULL DEFAULT 1, b text, v varchar(10), g int[], u_id bigint,
    CONSTRAINT c CHECK (a > 0), CONSTRAINT n CHECK (a < 1000) NOT VALID,
    CONSTRAINT f FOREIGN KEY (u_id) REFERENCES u);
INSERT INTO t (id, b, v) SELECT n, n, n FROM generate_series(1, 10) AS n;
CREATE INDEX i ON t (a);
CREATE UNIQUE INDEX k ON t (b);
CREATE INDEX low ON t (lower(b));
CREATE INDEX gin ON t USING gin (g);
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER x BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION tf();
CREATE POLICY p ON t USING (true);
CREATE TABLE part (id bigint, a int) PARTITION BY LIST (a);
CREATE TABLE part1 PARTITION OF part FOR VALUES IN (1);
CREATE TABLE part2 (id bigint, a int);
CREATE MATERIALIZED VIEW m AS SELECT id FROM t;
CREATE UNIQUE INDEX m_id ON m (id);
CREATE DOMAIN d AS int;
CREATE TYPE mood AS ENUM ('a');

-- The strongest mode that this transaction holds on what was there before, and whether a table got a
-- new file.
CREATE TABLE before AS SELECT oid, relfilenode FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'i', 'm');
CREATE FUNCTION seen() RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM pg_locks JOIN before ON oid = relation
            WHERE pid = pg_backend_pid() AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
                'AccessExclusiveLock')) THEN 'strong' ELSE 'weak' END ||
        CASE WHEN EXISTS (SELECT FROM pg_class c JOIN before b USING (oid)
            WHERE c.relkind = 'r' AND c.relfilenode <> b.relfilenode) THEN ' rewrite' ELSE '' END
$$;
