-- Purpose: are the migrations named to `run` known? {names}: an array. Raises PR003 for the first that is not.
SELECT pgrollout.names_check({names})
