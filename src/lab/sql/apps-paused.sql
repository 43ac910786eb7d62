-- purpose: whether the applications are paused already; gives one boolean
SELECT bool_and(paused) FROM lab.deployment
