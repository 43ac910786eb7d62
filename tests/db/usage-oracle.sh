#!/bin/bash
# What breaks without a column uses it: the server itself says so of random statements.
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/campaign.sh"

cluster_start a
count=$(sample 4000 60000)
out=$("$top_builddir/tests/db/usage_oracle" "$(cluster_conninfo a)" "${SEED:-7}" "$count")
is $? 0 "nothing that the server refuses without the column is judged unused"
like "$out" 'wrong 0$' "none of them"
diag "$out"
read -r _ taken _ unused _ <<<"$(tail -n 1 <<<"$out")"
ok "enough of them were statements ($taken)" test "$taken" -gt $((count / 20))
ok "and judged unused ($unused)" test "$unused" -gt $((count / 100))
done_testing
