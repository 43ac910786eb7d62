-- purpose: the rollback card, as one json document
-- $1: migration, $2: a phase that has not been reached, or NULL; columns: document
SELECT pgrollout.card_document(name => $1, phase => $2)
