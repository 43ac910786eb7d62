#!/bin/bash
# The same with four workers: each goes on where it was.
. "$(dirname "$0")/../lib/campaign.sh"
export WORKERS=4
KILLS=$(sample 3 60)
. "$(dirname "$0")/random-kills.sh"
