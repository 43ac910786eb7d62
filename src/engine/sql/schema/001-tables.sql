-- Control schema, version 1: the tables. Written only through functions; nobody but the owner has a
-- right on a table. Every table has a primary key, so that a publication never refuses its updates.

CREATE TABLE pgrollout.schema_version (
    version int PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    applied_by text NOT NULL DEFAULT session_user
);

-- one row: pause_all holds what is loaded later, too
CREATE TABLE pgrollout.everything (
    id int PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    paused_by text,
    paused_at timestamptz,
    reason text
);
INSERT INTO pgrollout.everything DEFAULT VALUES;

CREATE TABLE pgrollout.migration (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    title text,
    owner text,
    contact text,
    ticket text,
    state text NOT NULL DEFAULT 'loaded'
        CHECK (state IN ('loaded', 'active', 'failed', 'aborting', 'aborted', 'done')),
    phase text, -- the current one; the last one when done
    abort_to text, -- while aborting: 'start' or the phase that stays done
    plan_text text NOT NULL,
    plan_sha256 text NOT NULL,
    schema_name text NOT NULL,
    two_person boolean NOT NULL DEFAULT false,
    tables regclass[] NOT NULL DEFAULT '{}',
    facts jsonb, -- what load knew besides: lint's warnings, the applications, guards that are off; NULL: nobody said
    loaded_by text NOT NULL DEFAULT session_user,
    loaded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_by text,
    finished_at timestamptz
);
-- a name can be used again after done or aborted
CREATE UNIQUE INDEX migration_live_name ON pgrollout.migration (name)
    WHERE state NOT IN ('done', 'aborted');

CREATE TABLE pgrollout.phase (
    migration_id bigint NOT NULL REFERENCES pgrollout.migration ON DELETE CASCADE,
    ord int NOT NULL,
    name text NOT NULL,
    state text NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'running', 'done', 'undoing', 'undone')),
    passed_by text, -- who passed the boundary before it
    passed_at timestamptz,
    started timestamptz,
    finished timestamptz,
    agreed_at timestamptz, -- of contract: when the before-contract hook had nothing against it
    PRIMARY KEY (migration_id, name)
);

CREATE TABLE pgrollout.step (
    migration_id bigint NOT NULL REFERENCES pgrollout.migration ON DELETE CASCADE,
    ord int NOT NULL,
    phase text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    does text NOT NULL, -- the SQL as it runs, or words
    locks text NOT NULL,
    undo text, -- how it is taken back, for people; NULL: nothing to take back
    loses text, -- what taking it back loses
    irreversible boolean NOT NULL DEFAULT false,
    skippable boolean NOT NULL DEFAULT false,
    gate_text text, -- the question; also of the reverse gate
    reverse_text text,
    gate_each text[] NOT NULL DEFAULT '{}',
    gate_by text NOT NULL DEFAULT 'operator' CHECK (gate_by IN ('operator', 'approver')),
    state text NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'running', 'waiting', 'done', 'failed', 'undoing', 'undone',
                         'skipped')),
    attempts int NOT NULL DEFAULT 0,
    error text,
    sqlstate text,
    error_detail text,
    started timestamptz,
    finished timestamptz,
    detail jsonb NOT NULL DEFAULT '{}', -- what the step must know to go on, or to be undone
    PRIMARY KEY (migration_id, name),
    UNIQUE (migration_id, ord)
);

CREATE TABLE pgrollout.answer (
    migration_id bigint NOT NULL REFERENCES pgrollout.migration ON DELETE CASCADE,
    step text NOT NULL,
    application text NOT NULL, -- '' where one answer serves
    reverse boolean NOT NULL,
    answered_by text NOT NULL DEFAULT session_user,
    answered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    note text,
    PRIMARY KEY (migration_id, step, application, reverse)
);

CREATE TABLE pgrollout.hold (
    migration_id bigint NOT NULL REFERENCES pgrollout.migration ON DELETE CASCADE,
    kind text NOT NULL
        CHECK (kind IN ('operator', 'guard', 'gate', 'boundary', 'stepping', 'lock', 'ambiguous')),
    key text NOT NULL DEFAULT '', -- guard, gate's step, phase behind the boundary
    reason text NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    placed_by text, -- NULL: the engine
    after_step text, -- operator: takes effect when this step is done
    permit boolean NOT NULL DEFAULT false, -- stepping: one step or one batch may still go
    detail jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (migration_id, kind, key)
);

CREATE TABLE pgrollout.lease (
    id int PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    epoch bigint NOT NULL DEFAULT 0,
    token uuid NOT NULL DEFAULT gen_random_uuid(),
    holder jsonb,
    backend_pid int,
    backend_start timestamptz,
    system_identifier text,
    timeline int,
    renewed_at timestamptz
);
INSERT INTO pgrollout.lease DEFAULT VALUES;

-- apart from the lease, which is locked by every registration
CREATE TABLE pgrollout.heartbeat (
    id int PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    epoch bigint NOT NULL DEFAULT 0,
    at timestamptz
) WITH (fillfactor = 50);
INSERT INTO pgrollout.heartbeat DEFAULT VALUES;

-- Worker 0 is for DDL and every transition. Rows are locked by each changing transaction and
-- rewritten only by a new lease.
CREATE TABLE pgrollout.fence (
    migration_id bigint NOT NULL REFERENCES pgrollout.migration ON DELETE CASCADE,
    worker int NOT NULL,
    epoch bigint NOT NULL,
    token uuid NOT NULL,
    PRIMARY KEY (migration_id, worker)
);

-- the engine's own connections: the only ones that pause and a takeover may stop
CREATE TABLE pgrollout.session (
    backend_pid int NOT NULL,
    backend_start timestamptz NOT NULL,
    epoch bigint NOT NULL,
    purpose text NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (backend_pid, backend_start)
);

-- statements that hold no fence while they run: committed before they start
CREATE TABLE pgrollout.intent (
    backend_pid int NOT NULL,
    backend_start timestamptz NOT NULL,
    migration_id bigint NOT NULL REFERENCES pgrollout.migration ON DELETE CASCADE,
    step text NOT NULL,
    what text NOT NULL, -- 'validate', 'vacuum', 'analyze', 'statement'
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (backend_pid, backend_start)
);

-- Where a backfill or a verification stands: appended by every batch in its own transaction, trimmed
-- to a ring of 1,000. Never updated: a row updated per batch under an old snapshot becomes slow.
CREATE TABLE pgrollout.position (
    migration_id bigint NOT NULL REFERENCES pgrollout.migration ON DELETE CASCADE,
    step text NOT NULL,
    worker int NOT NULL,
    seq bigint NOT NULL,
    key text[], -- last key done, a text for each column; NULL only before the first batch
    from_key text[],
    batch_rows int NOT NULL, -- keys in this batch
    batch_changed int NOT NULL,
    rows_done bigint NOT NULL, -- keys passed so far
    rows_changed bigint NOT NULL,
    batch_ms real NOT NULL,
    epoch bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (migration_id, step, worker, seq)
);

-- Rows that a batch could not fill, each in the transaction that moved the position past it. Of a step
-- not more than its plan's limit are open.
CREATE TABLE pgrollout.quarantine (
    migration_id bigint NOT NULL REFERENCES pgrollout.migration ON DELETE CASCADE,
    step text NOT NULL,
    key text[] NOT NULL, -- a text for each column
    state text NOT NULL DEFAULT 'open'
        CHECK (state IN ('open', 'again', -- a person said retry
                         'left', -- a person said skip: it stays unfilled
                         'resolved')),
    sqlstate text NOT NULL,
    message text NOT NULL,
    detail text,
    attempts int NOT NULL DEFAULT 1,
    note text, -- what became of it
    first_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (migration_id, step, key)
);

-- What ends by itself stands beside what stays, and over it while it lasts.
CREATE TABLE pgrollout.setting (
    migration_id bigint NOT NULL REFERENCES pgrollout.migration ON DELETE CASCADE,
    key text NOT NULL,
    value text NOT NULL,
    expires_at timestamptz,
    timed boolean GENERATED ALWAYS AS (expires_at IS NOT NULL) STORED,
    set_by text NOT NULL DEFAULT session_user,
    PRIMARY KEY (migration_id, key, timed)
);

-- append-only; goes only with its migration (forget)
CREATE TABLE pgrollout.event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    migration_id bigint REFERENCES pgrollout.migration ON DELETE CASCADE,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind text NOT NULL, -- command refused phase step hold guard tune note engine hook
    who text NOT NULL,
    client_addr inet,
    os_user text,
    text text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX event_migration ON pgrollout.event (migration_id, id);
-- what moves a migration's version
CREATE INDEX event_version ON pgrollout.event (migration_id, id)
    WHERE kind IN ('command', 'phase', 'step', 'hold');

CREATE TABLE pgrollout.sample (
    migration_id bigint NOT NULL REFERENCES pgrollout.migration ON DELETE CASCADE,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    rows_per_s real,
    lag_s real,
    waits int,
    wal_bytes_per_s real,
    our_wal_share real,
    guards jsonb NOT NULL DEFAULT '[]',
    replicas jsonb NOT NULL DEFAULT '{}', -- by name: seconds behind
    PRIMARY KEY (migration_id, at)
);

-- What samples are folded into, for reports: ever wider steps the older it is. Of each series the number, or
-- [least, mean, most] where they differ.
CREATE TABLE pgrollout.history (
    migration_id bigint NOT NULL REFERENCES pgrollout.migration ON DELETE CASCADE,
    at timestamptz NOT NULL, -- of its beginning
    span_s int NOT NULL,
    samples int NOT NULL,
    series jsonb NOT NULL,
    limits jsonb, -- of the guards; NULL: as in the row before
    PRIMARY KEY (migration_id, at)
);

CREATE FUNCTION pgrollout.event_is_append_only() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pgrollout, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'PR004';
END
$$;
CREATE TRIGGER event_is_append_only BEFORE UPDATE ON pgrollout.event
    FOR EACH ROW EXECUTE FUNCTION pgrollout.event_is_append_only();

-- What a command answers. ok is false when a hold stands but something could not be stopped.
CREATE TYPE pgrollout.receipt AS (
    ok boolean,
    receipt text,
    migration text,
    version bigint,
    since timestamptz,
    stopped text,
    remains text,
    undo text
);
