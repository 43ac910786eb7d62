-- The rollback card for the state right now, as lines: 1 the migration's name, quoted.
SELECT * FROM pgrollout.card_text(name => %s)
