/* Pictures of the cockpit, and of what lies over it: questions, the prompt. */
#include "config.h"

#include "picture.h"

#define OLD_COCKPIT(picture, file, state, age)                                                     \
    .folder = "cockpit", .name = picture, .fixture = file, .link = state, .age_s = age
#define COCKPIT(picture, file) OLD_COCKPIT(picture, file, LINK_LIVE, 0.4)

static char *const card[] = {
    (char *)"abort --to start: everything is taken back, in this order",
    (char *)"  1  deployed: asks you: What \"deployed\" confirmed is taken back: the releases "
            "deployed since are rolled back.",
    (char
         *)"  2  sync: asks you: No release that knows only full_name runs any more. Then drop the "
           "trigger that keeps users.name and full_name in step  [ShareRowExclusive]  loses: what "
           "only full_name has",
    (char *)"  3  add-column: drop column users.full_name  [AccessExclusive, short]  loses: all "
            "values of users.full_name",
    (char *)"abort --to deploy: back to the end of deploy",
    (char *)"  1  nothing to take back",
    (char *)"abort --to expand: back to the end of expand",
    (char *)"  1  deployed: asks you: What \"deployed\" confirmed is taken back: the releases "
            "deployed since are rolled back.",
    NULL};
const struct picture cockpit_pictures[] = {
    {COCKPIT("running", "running")},
    {COCKPIT("held", "held")},
    {COCKPIT("paused", "paused")},
    {COCKPIT("gate", "gate")},
    {COCKPIT("boundary", "boundary")},
    {COCKPIT("contract", "contract")},
    {COCKPIT("failed", "failed")},
    {COCKPIT("aborting", "aborting")},
    {COCKPIT("done", "done")},
    {COCKPIT("no-engine", "no-engine")},
    {COCKPIT("empty", "empty")},
    {COCKPIT("bare", "bare")},
    {COCKPIT("hostile", "hostile"), .foreign = TRUE},
    {OLD_COCKPIT("late", "running", LINK_LATE, 4)},
    {OLD_COCKPIT("stale", "running", LINK_STALE, 9)},
    {OLD_COCKPIT("lost", "running", LINK_LOST, 14)},
    {COCKPIT("journal", "running"), .screen = SCREEN_JOURNAL},
    {COCKPIT("help", "running"), .screen = SCREEN_HELP},
    {COCKPIT("ask-resume", "paused"), .dialog = "resume"},
    {COCKPIT("ask-confirm", "gate"), .dialog = "confirm"},
    {COCKPIT("ask-abort", "running"), .dialog = "abort"},
    {COCKPIT("ask-contract", "contract"), .dialog = "contract"},
    {COCKPIT("ask-abort-card", "running"), .dialog = "abort", .card = card},
    {COCKPIT("gate-back", "gate"), .change = ask_backwards},
    {COCKPIT("gate-back-used", "gate"), .change = ask_backwards_in_use},
    {COCKPIT("ask-gate-back", "gate"), .dialog = "confirm", .change = ask_backwards},
    {COCKPIT("paused-at-gate", "gate"), .change = pause_at_gate},
    {COCKPIT("several-holds", "boundary"), .change = hold_thrice},
    {COCKPIT("ask-resume-several", "boundary"), .dialog = "resume",
     .reason = "INC-42, the lag is known", .change = hold_thrice},
    {COCKPIT("ask-resume-all", "paused"), .dialog = "resume_all"},
    {COCKPIT("paused-no-engine", "paused"), .change = engine_dies},
    {COCKPIT("unfilled", "running"), .change = rows_left_out},
    {COCKPIT("failed-at-length", "failed"), .change = fail_at_length},
    {COCKPIT("past", "held"), .past_s = 68},
    {COCKPIT("coach", "running"), .coach = &coach_lesson},
    {COCKPIT("coach-asks", "running"), .coach = &coach_question},
    {COCKPIT("read-only", "running"), .read_only = TRUE},
    {COCKPIT("ask-advance", "boundary"), .dialog = "advance"},
    {COCKPIT("ask-retry", "failed"), .dialog = "retry"},
    {COCKPIT("ask-skip", "failed"), .dialog = "skip", .reason = "INC-42, checked by hand"},
    {COCKPIT("ask-step", "paused"), .dialog = "step"},
    {OLD_COCKPIT("connecting", NULL, LINK_CONNECTING, 0)},
    {OLD_COCKPIT("refused", NULL, LINK_LOST, 0)},
    {COCKPIT("frozen", "running"), .frozen_s = 12},
    {COCKPIT("frozen-hurts", "running"), .frozen_s = 12, .present = "HURTING"},
    {COCKPIT("past-lost", "held"), .past_s = 68, .present = "LOST"},
    {OLD_COCKPIT("frozen-lost", "running", LINK_LOST, 14), .frozen_s = 75},
    {COCKPIT("paused-since", "paused"), .before = {TRUE, 3, 48}},
    {COCKPIT("low-bandwidth", "running"), .low_bandwidth = TRUE},
    {COCKPIT("low-bandwidth-held", "held"), .low_bandwidth = TRUE},
    {COCKPIT("prompt", "running"), .typed = "note the lag is that of the backup"},
    {COCKPIT("prompt-first", "running"), .typed = "", .offered = 1},
    {COCKPIT("prompt-offers", "running"), .typed = "s", .offered = 2},
    {COCKPIT("prompt-steps", "failed"), .typed = "skip ", .offered = 1},
    {COCKPIT("prompt-last", "running"), .typed = "", .offered = 999},
    {COCKPIT("message", "running"), .message = "pause refused: users-full-name is at version 119, "
                                               "this console has seen 118: raj resumed it 3 s ago. "
                                               "Look at the journal (7), then press p again"},
    {.name = NULL}};
