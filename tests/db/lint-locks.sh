#!/bin/bash
# What lint says of locks and rewrites is what a server does: each statement is run in a transaction that
# is rolled back, its locks on what was there before are read, and its tables' files compared.
. "$(dirname "$0")/../lib/cluster.sh"

statements=$(
    cat <<'S'
ALTER TABLE t ADD COLUMN n1 int
ALTER TABLE t ADD COLUMN n1 int DEFAULT 7
ALTER TABLE t ADD COLUMN n1 timestamptz DEFAULT now()
ALTER TABLE t ADD COLUMN n1 float DEFAULT random()
ALTER TABLE t ADD COLUMN n1 uuid DEFAULT gen_random_uuid()
ALTER TABLE t ADD COLUMN n1 bigserial
ALTER TABLE t ADD COLUMN n1 int GENERATED ALWAYS AS IDENTITY
ALTER TABLE t ADD COLUMN n1 int GENERATED ALWAYS AS (a + 1) STORED
ALTER TABLE t ADD COLUMN n1 bigint REFERENCES u
ALTER TABLE t DROP COLUMN b
ALTER TABLE t ALTER a TYPE bigint
ALTER TABLE t ALTER a SET DEFAULT 2
ALTER TABLE t ALTER a DROP DEFAULT
ALTER TABLE t ALTER b SET NOT NULL
ALTER TABLE t ALTER a DROP NOT NULL
ALTER TABLE t ALTER a SET STATISTICS 500
ALTER TABLE t ALTER a SET (n_distinct = 5)
ALTER TABLE t ALTER a RESET (n_distinct)
ALTER TABLE t ALTER b SET STORAGE EXTERNAL
ALTER TABLE t ALTER b SET COMPRESSION pglz
ALTER TABLE t ADD CONSTRAINT c2 CHECK (a > -1)
ALTER TABLE t ADD CONSTRAINT c2 CHECK (a > -1) NOT VALID
ALTER TABLE t ADD CONSTRAINT f2 FOREIGN KEY (u_id) REFERENCES u NOT VALID
ALTER TABLE t ADD CONSTRAINT k2 UNIQUE USING INDEX k
ALTER TABLE t ADD CONSTRAINT k2 UNIQUE (v)
ALTER TABLE t ALTER CONSTRAINT f DEFERRABLE
ALTER TABLE t VALIDATE CONSTRAINT n
ALTER TABLE t DROP CONSTRAINT c
ALTER TABLE t DISABLE TRIGGER x
ALTER TABLE t ENABLE TRIGGER ALL
ALTER TABLE t ENABLE ALWAYS TRIGGER x
ALTER TABLE t ENABLE ROW LEVEL SECURITY
ALTER TABLE t FORCE ROW LEVEL SECURITY
ALTER TABLE t CLUSTER ON i
ALTER TABLE t SET WITHOUT CLUSTER
ALTER TABLE t SET UNLOGGED
ALTER TABLE t SET (fillfactor = 80)
ALTER TABLE t SET (autovacuum_enabled = false)
ALTER TABLE t SET (parallel_workers = 2)
ALTER TABLE t SET (user_catalog_table = true)
ALTER TABLE t RESET (fillfactor)
ALTER TABLE t REPLICA IDENTITY FULL
ALTER TABLE t OWNER TO CURRENT_USER
ALTER TABLE t RENAME b TO b2
ALTER TABLE t RENAME TO t2
ALTER TABLE t RENAME CONSTRAINT c TO c2
ALTER TABLE t SET SCHEMA elsewhere
ALTER INDEX i RENAME TO i2
ALTER INDEX i SET (fillfactor = 80)
ALTER INDEX low ALTER COLUMN 1 SET STATISTICS 100
ALTER INDEX gin SET (fastupdate = off)
ALTER INDEX gin SET (gin_pending_list_limit = 64)
ALTER TABLE part ATTACH PARTITION part2 FOR VALUES IN (2)
ALTER TABLE part DETACH PARTITION part1
CREATE INDEX n1 ON t (v)
CREATE TRIGGER n1 BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION tf()
CREATE POLICY n1 ON t USING (true)
CREATE RULE n1 AS ON UPDATE TO t DO ALSO NOTHING
CREATE STATISTICS n1 ON a, b FROM t
CREATE TABLE n1 (id bigint PRIMARY KEY)
CREATE TABLE n1 (id bigint PRIMARY KEY, u_id bigint REFERENCES u)
CREATE TABLE n1 PARTITION OF part FOR VALUES IN (3)
CREATE VIEW n1 AS SELECT a FROM t
CREATE PUBLICATION n1 FOR TABLE t
COMMENT ON TABLE t IS 'x'
COMMENT ON COLUMN t.a IS 'x'
GRANT SELECT ON t TO PUBLIC
ANALYZE t
ALTER POLICY p ON t USING (false)
DROP TRIGGER x ON t
DROP POLICY p ON t
DROP INDEX i
DROP TABLE t CASCADE
TRUNCATE t
CLUSTER t USING i
REINDEX INDEX i
REINDEX TABLE t
REFRESH MATERIALIZED VIEW m
REFRESH MATERIALIZED VIEW CONCURRENTLY m
UPDATE t SET a = 2 WHERE id = 1
DELETE FROM t WHERE id = 1
INSERT INTO t (id) VALUES (99)
ALTER TYPE mood ADD VALUE 'b' AFTER 'a'
ALTER DOMAIN d SET DEFAULT 1
CREATE FUNCTION n1() RETURNS int LANGUAGE sql AS 'SELECT 1'
S
)

cluster_start a
cluster_psql a -q -f "$top_srcdir/tests/db/lint-locks.sql" >/dev/null || bail "the tables could not be made"
cluster_psql a -qc 'CREATE SCHEMA elsewhere' >/dev/null || bail "no schema"
{
    echo '\set ON_ERROR_STOP off'
    while IFS= read -r statement; do
        printf 'BEGIN;\n%s;\nSELECT public.seen();\nROLLBACK;\n' "$statement"
    done <<<"$statements"
} >"$CLUSTER_ROOT/run.sql"
seen=$(cluster_psql a -qAt -f "$CLUSTER_ROOT/run.sql" 2>"$CLUSTER_ROOT/err" | grep -E '^(strong|weak)')
diag "$(grep ERROR "$CLUSTER_ROOT/err")"
is "$(wc -l <<<"$seen")" "$(wc -l <<<"$statements")" "each statement runs"

told=$(while IFS= read -r statement; do
    echo "$statement" >"$CLUSTER_ROOT/one.sql"
    findings=$("$PGROLLOUT" lint "$CLUSTER_ROOT/one.sql")
    lock=weak rewrite=
    [[ $findings == *"[L01]"* ]] && lock=strong
    [[ $findings == *"[L05]"* || $findings == *"[L12]"* || $statement == TRUNCATE* ]] && rewrite=" rewrite"
    echo "$lock$rewrite"
done <<<"$statements")
is "$(paste -d '|' <(echo "$told") <(echo "$statements"))" "$(paste -d '|' <(echo "$seen") <(echo "$statements"))" \
    "lint tells the strong locks and the rewrites, and no others"
done_testing
