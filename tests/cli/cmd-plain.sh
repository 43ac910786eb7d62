#!/bin/bash
# The console as lines, through pipes: nothing acts unseen, and the exit status tells.
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/sample.sh"

cluster_start a
cluster_env a lab_operator
ok "install" "$PGROLLOUT" -U postgres install --map operator=lab_operator --map approver=lab_approver \
    --map viewer=lab_viewer
# says STATUS DESCRIPTION LINES [ARGS]: the console with these lines as its input.
says() {
    local want=$1 what=$2 lines=$3
    shift 3
    exits "$want" "$what" bash -c 'printf "$0" | timeout 60 "$PGROLLOUT" console --plain "$@"' "$lines" "$@"
}
holds() { cluster_psql a -c "SELECT coalesce(string_agg(h.kind, ' ' ORDER BY h.kind), '')
    FROM pgrollout.hold h JOIN pgrollout.migration m ON m.id = h.migration_id WHERE m.name = '$1'"; }
answers() { cluster_psql a -c "SELECT coalesce(string_agg(application, ' ' ORDER BY application), '')
    FROM pgrollout.answer"; }

says 2 "a name before anything is loaded" '' one
like "$err" 'no migration named "one" is here.*none is loaded' "says so"
says 1 "pause of nothing" 'pause\n'
like "$out" 'there is no migration to pause' "says so"
sample_load a one
sample_load a two

says 2 "a name that is not there" 'pause\n' nosuch
like "$err" 'no migration named "nosuch" is here.*there are (one, two|two, one)' "says which are"
is "$out$(holds one)$(holds two)" "boundaryboundary" "and neither shows nor pauses another"
says 0 "pause as the only line" 'pause' two
like "$out" 'pause: held: nothing more commits.*two: Held: pause of lab_operator' "is done, and told"
is "$(holds one)|$(holds two)" "boundary|boundary operator" "to the one that was named"
says 0 "one line builds on the one before" 'resume\ny\npause -- INC-42\nresume\ny\n' two
like "$out" 'resumed; .*held: nothing more commits.*INC-42.*resumed; ' "in their order"
is "$(holds two)" boundary "and all are done"
says 0 "all at once" 'pause all\nresume all\ny\n' two
like "$out" 'Type y to resume all.*resumed' "is asked about, too"
is "$(holds one)|$(holds two)" "boundary|boundary" "and done"
says 1 "a command that there is not" 'puase\n' two
says 1 "a question without an answer" 'advance\n' two
like "$out" 'Into phase expand.*Type y to advance.*cancelled, nothing was sent' "is cancelled"
says 1 "what the server refuses" 'abort start\nINC-42\ntwo\npause three\n' two
like "$out" 'FAILED pause: .*three' "is a failure"
PGUSER=lab_viewer says 1 "what the role may not do" 'pause\n' two
like "$out" 'pause needs the role pgrollout_responder' "says so"
is "$(holds two)" "" "and holds nothing"

# a gate for several applications: none is meant unless it is named
sample_open_gate a one
says 1 "y alone" 'confirm\ny\n' one
like "$out" '1 web.*2 cron.*number or the name.*cancelled' "does not answer for the first of them"
is "$(answers)" "" "nor for any other"
says 1 "a number too large" 'confirm\n3\ny\n' one
is "$(answers)" "" "answers for nobody"
says 0 "a number" 'confirm\n2\ny\n' one
like "$out" 'Type y to confirm for cron.*deployed confirmed for cron' "answers for the one it stands at"
is "$(answers)" cron "and for no other"
says 0 "the only one left" 'confirm\ny\n' one
like "$out" '  web.*Type y to confirm for web' "is named before the y"
is "$(answers)" "cron web" "all have answered"

# the way back: the card first, then the target, then the name
says 1 "abort with a wrong name" 'abort\nstart\nINC-42\ntwo\n' one
like "$out" 'abort --to start: .*drop column b.*loses: what was written to b.*1 start.*Type the number.*Type the reason.*name to abort to start.*that is not the name' \
    "shows card and targets before it asks for the name"
says 1 "a pause in the middle of a question" 'abort\n1\npause\nresume\nn\n' one
like "$out" 'abort: cancelled.*pause: held' "cancels it and pauses"
is "$(holds one)" "operator" "at once"
says 0 "abort" 'abort start\nINC-42\none\n' one
like "$out" 'abort --to start: .*abort: aborting to start' "is sent"

# contract: its checks, a reason, and the name
sample_load a three
sample_before_contract a three
PGUSER=lab_approver says 1 "contract without what it needs" 'contract\nINC-42\nthree\n' three
like "$out" '\[NO\] no engine runs.*cannot be done now' "says what is missing"
unlike "$out" 'Type' "and asks for nothing"

says 0 "help, status and the journal" 'help\nstatus\njournal\n' three
like "$out" 'pause \[NAME\|all\].*Phase: .*Done: .*Harm: .*Pause: .*Abort: .*waits at the boundary' "are printed"
exits 0 "TERM=dumb is plain" bash -c 'echo | TERM=dumb "$PGROLLOUT" console three'
unlike "$out" $'\033' "without an escape sequence"
cluster_stop a
says 3 "no server" 'pause\n' three
like "$err" 'No such file or directory|refused' "says why"
done_testing
