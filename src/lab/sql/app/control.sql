-- purpose: what the application shall be; $1 its name; gives release, rate, paused, generation
SELECT release, rate, paused, generation FROM lab.deployment WHERE app = $1
