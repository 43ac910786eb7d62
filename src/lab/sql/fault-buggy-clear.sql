-- purpose: release 42 is mended
UPDATE lab.deployment SET buggy = false;

SELECT pg_notify('lab', 'buggy')
