-- purpose: release 42 has a mistake in it from now on
UPDATE lab.deployment SET buggy = true;

SELECT pg_notify('lab', 'buggy')
