#!/bin/bash
# A recording on a real pty, without any server: at any speed, moment by moment, with nothing that acts; a hostile
# one brings nothing but visible letters onto the terminal; a damaged one is refused with its line.
. "$(dirname "$0")/pty.sh"

dir=$(mktemp -d) || bail "no directory"
trap 'rm -rf "$dir"' EXIT
export HOME=$dir XDG_STATE_HOME=$dir XDG_CONFIG_HOME=$dir PGHOST=/nowhere

# 400 s: a hold by a guard from 100 to 130, a pause from 200 to 260
recording() {
    awk 'BEGIN {
        t = 1764000000
        evil = "\\u001b]0;evil\\u0007\\u202e<b>"
        printf "{\"pgrollout_recording\":1,\"at\":%d,\"loaded_at\":%d,\"finished_at\":%d,\"name\":\"users-full-name\",\"title\":\"T%s\",\"owner\":\"%s\",\"state\":\"done\",\"database\":\"shop\",\"server_version\":\"15.18\",\"plan_text\":\"pgrollout: 1\",\"plan_sha256\":\"abcdef12\",\"phases\":[{\"name\":\"backfill\",\"state\":\"done\",\"started\":%d,\"finished\":%d,\"steps\":[{\"name\":\"copy\",\"kind\":\"backfill\",\"title\":\"fill %s\",\"state\":\"done\",\"started\":%d,\"finished\":%d,\"rows_total\":39000,\"rows_done\":39000,\"rows_changed\":39000}]}]}\n", t + 500, t, t + 400, evil, evil, t + 5, t + 395, evil, t + 5, t + 395
        e[5] = "phase|anna|backfill: begins"; e[6] = "step|engine|copy: started"
        e[100] = "hold|guard|held by guard replication_lag: 7 s " evil; e[130] = "hold|guard|guard replication_lag cleared: 0 s"
        e[200] = "command|anna|pause: INC-42 " evil; e[260] = "command|anna|resume"; e[395] = "step|engine|copy: done"
        e[396] = "phase|engine|backfill: done"; e[400] = "phase|engine|migration done"
        for (i = 1; i <= 400; i++) {
            if (i in e) {
                split(e[i], f, "|"); n++
                printf "{\"event\":{\"id\":%d,\"at\":%d,\"kind\":\"%s\",\"who\":\"%s\",\"text\":\"%s\"}}\n", i, t + i, f[1], f[2], f[3]
            }
            printf "{\"reading\":[%d,1,{\"rows_per_s\":100,\"lag_s\":0,\"waits\":0,\"guard.replication_lag\":%s},%s]}\n", t + i, (i >= 100 && i < 130 ? 7 : 0), (i == 1 ? "[{\"name\":\"replication_lag\",\"unit\":\"s\",\"pause\":5,\"resume\":2}]" : "null")
        }
        printf "{\"end\":{\"events\":%d,\"readings\":400}}\n", n
    }'
}
recording >"$dir/run.jsonl"
cd "$dir" || bail "no directory"

script 'a recording plays, stands still, goes back and on, and lets nobody act' <<EOF2
start 100x30 -- $PGROLLOUT console --replay run.jsonl --speed 0.125
wait 5 REPLAY 0.125x
wait 2 16:00:0
type }
wait 2 REPLAY stopped
wait 2 16:00:05
type }
wait 2 16:01:40
wait 2 HELD by guard replication_lag
type [
wait 2 16:01:39
gone 2 HELD by guard
type ]
wait 2 16:01:40
type {
wait 2 16:00:05
type }
wait 2 16:01:40
type }
wait 2 16:02:10
type }
wait 2 HELD by anna
type r
wait 2 resume: this is a recording
type p
wait 2 pause: this is a recording
type :pause users-full-name
sleep 0.2
type \r
gone 2 :pause
wait 2 pause: this is a recording
type 7
wait 2 pause: INC-42
gone 2 resume: this
type 3
wait 2 A recording does not tell of locks
type 2
wait 2 HELD by anna
type +
wait 2 stopped, 0.25x
type +
wait 2 stopped, 0.5x
type -
wait 2 stopped, 0.25x
sh true
type \x20
wait 2 REPLAY 0.25x
type ++++++++++
wait 2 x
wait 9 the recording ends here
wait 2 DONE
type q
end 0 3
restored
clean
EOF2

refused() { # FILE WORDS DESCRIPTION
    exits 2 "$3" "$PGROLLOUT" console --replay "$1"
    like "$err" "$2" "with the reason"
    unlike "$err" $'\e' "and nothing of it raw"
}
head -n 100 run.jsonl >cut.jsonl
refused cut.jsonl 'cut off behind line 100' "a recording that is cut off"
sed '50s/.*/\x1b[31m{/' run.jsonl >torn.jsonl
refused torn.jsonl 'line 50: it is no object' "a damaged line"
head -c 5000 /dev/urandom >noise.jsonl
refused noise.jsonl 'line 1' "noise"
refused /dev/zero 'no ordinary file' "a device"
refused $'no\e[31mfile' 'No such file' "a file that is not there"
exits 2 "no terminal" "$PGROLLOUT" console --replay run.jsonl
like "$err" 'a terminal with a screen' "is said, when the file is good"
exits 2 "a name beside it" "$PGROLLOUT" console --replay run.jsonl other
exits 2 "a speed without it" "$PGROLLOUT" console --speed 3
done_testing
