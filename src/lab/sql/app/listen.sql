-- purpose: to be told at once when lab.deployment changes
LISTEN lab
