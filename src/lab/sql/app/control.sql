-- purpose: what the application shall be; $1 its name; gives release, rate, paused, generation, buggy
SELECT release, rate, paused, generation, buggy FROM lab.deployment WHERE app = $1
