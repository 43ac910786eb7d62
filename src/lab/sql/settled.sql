-- purpose: whether an application has taken up what lab.deployment says; $1 name; gives one boolean
SELECT s.release = d.release AND s.paused = d.paused AND s.generation = d.generation
FROM lab.deployment AS d LEFT JOIN lab.app_status AS s ON s.app = d.app WHERE d.app = $1
