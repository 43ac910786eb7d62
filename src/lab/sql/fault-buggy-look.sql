-- purpose: whether release 42 has a mistake in it; gives one boolean
SELECT bool_or(buggy) FROM lab.deployment
