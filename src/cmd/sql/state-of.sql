-- purpose: one migration of the document that status --json prints
-- $1: its name; columns: one jsonb object
SELECT pgrollout.state_of(name => $1)
