/* Every kind of mistake, with its exact place and words; several in one file come in one pass. */
#include "config.h"

#include <string.h>

#include "plan-test.h"

struct sample {
    const char *text;
    const char *findings;
};

static void assert_samples(const struct sample *samples, gsize count, const char *before,
                           const char *after)
{
    for (gsize i = 0; i < count; i++) {
        struct plan *plan;
        g_autofree char *text = g_strconcat(before, samples[i].text, after, NULL);
        g_autofree char *findings = plan_test_parse(text, strlen(text), &plan);
        assert_string_equal(findings, samples[i].findings);
        plan_free(plan);
    }
}

#define UNKNOWN_A                                                                                  \
    "f:1:1: error: unknown key \"a\": known are pgrollout, migration, title, owner, contact, "     \
    "ticket, schema, role, user_triggers, two_person, applications, phases, guards\n"

/* The notation. */
#define KNOWN_GUARDS                                                                               \
    "replication_lag, replication_bytes, slot_wal, lock_waiters, lock_wait, query_latency, "       \
    "connections, long_transaction, archive_queue, stall, retries, active_sessions, "              \
    "dead_tuples, window, sql, probe\n"

static const struct sample notation[] = {
    {"", "f:1:1: error: the file is empty\n"},
    {"# only a comment\n", "f:1:1: error: the file is empty\n"},
    {"x", "f:1:1: error: this is no plan: a plan is a mapping that begins with \"pgrollout: 1\"\n"},
    {"- a\n", "f:1:1: error: a plan must be a mapping, not a list\n"},
    {"{", "f:2:1: error: not valid YAML: did not find expected node content (while parsing a flow "
          "node) (nothing behind this was read)\n"},
    {"a: 'x\n", "f:1:4: error: this quote is not closed (nothing behind this was read)\n"},
    {"a: b: c\n",
     UNKNOWN_A "f:1:5: error: a second \": \" in the line: text that holds one must be "
               "quoted (nothing behind this was read)\n"},
    {"a: 1\n b: 2\n", UNKNOWN_A "f:2:2: error: this line is indented deeper than line 1, which has "
                                "its value already (nothing behind this was read)\n"},
    {"\ta: 1\n", "f:1:1: error: a tab: indent with blanks (nothing behind this was read)\n"},
    {"a: \x01\n", "f:1:4: error: a control character (U+0001): remove it\n"},
    {"a: é\xC2\x9B\n", "f:1:5: error: a control character (U+009B): remove it\n"},
    {"a: 1\nb: \xC3(\n", "f:2:4: error: byte 0xc3 is not valid UTF-8\n"},
    {"\xC0\xAF", "f:1:1: error: byte 0xc0 is not valid UTF-8\n"},
    {"\xED\xA0\x80", "f:1:1: error: byte 0xed is not valid UTF-8\n"},
    {"\xFF\xFEp\x01", "f:1:1: error: the file is UTF-16: save it as UTF-8\n"},
    {"title: \"\\uD800\"\n",
     "f:1:11: error: not valid YAML: found invalid Unicode character escape "
     "code (while parsing a quoted scalar) (nothing behind this was read)\n"},
    {"%TAG ! x\n---\na: 1\n", "f:1:1: error: a % directive: plans have none\n"},
};

static void test_notation(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(notation); i++) {
        struct plan *plan;
        g_autofree char *findings =
            plan_test_parse(notation[i].text, strlen(notation[i].text), &plan);
        /* what libyaml says last may differ by version: its place and our words do not */
        if (!g_str_has_prefix(findings, notation[i].findings))
            assert_string_equal(findings, notation[i].findings);
    }
}

static void test_nul_and_size(void **state)
{
    (void)state;
    struct plan *plan;
    g_autofree char *nul = plan_test_parse("a: 1\nb:\0c\n", 11, &plan);
    assert_string_equal(nul, "f:2:3: error: a NUL byte: the file is not text\n");
    g_autofree char *blanks = g_strnfill(1024 * 1024 + 1, ' ');
    g_autofree char *large = plan_test_parse(blanks, strlen(blanks), &plan);
    assert_string_equal(large, "f:1:1: error: the file is larger than 1 MiB: that is no plan\n");
    g_autofree char *fits = plan_test_parse(blanks, strlen(blanks) - 1, &plan);
    assert_string_equal(fits, "f:1:1: error: the file is empty\n");
}

#define PHASES "phases: {expand: [{analyze: t}]}\n"

/* Properties of YAML that plans do not have, and keys of the top. */
static const struct sample top[] = {
    {"title: &a x\n",
     "f:3:8: error: anchor \"&a\": plans have none; text that begins with & must be quoted\n"},
    {"title: *a\n",
     "f:3:8: error: alias \"*a\": plans have none; text that begins with * must be quoted\n"},
    {"title: !!str x\n",
     "f:3:8: error: a tag: plans have none; text that begins with ! must be quoted\n"},
    {"title: ! x\n",
     "f:3:8: error: a tag: plans have none; text that begins with ! must be quoted\n"},
    {"applications: !m {a: {}}\n",
     "f:3:15: error: a tag: plans have none; text that begins with ! must be quoted\n"},
    {"title: a\ntitle: b\n", "f:4:1: error: duplicate key \"title\": the first is on line 3\n"},
    {"[a]: b\n", "f:3:1: error: a key must be text, not a list\n"},
    {"titel: x\n", "f:3:1: error: unknown key \"titel\": did you mean \"title\"?\n"},
    {"xyzzy: x\n", "f:3:1: error: unknown key \"xyzzy\": known are pgrollout, migration, title, "
                   "owner, contact, ticket, schema, role, user_triggers, two_person, applications, "
                   "phases, guards\n"},
    {"title:\n",
     "f:3:7: error: a value is missing here (text that begins with # must be quoted)\n"},
    {"contact: #pay\n",
     "f:3:9: error: a value is missing here (text that begins with # must be quoted)\n"},
    {"title: \" \"\n", "f:3:8: error: the text is empty\n"},
    {"title: \"a\\nb\"\n", "f:3:8: error: one line of at most 200 characters is expected\n"},
    {"title: [a]\n", "f:3:8: error: text is expected here, not a list\n"},
    {"title: {a: b}\n", "f:3:8: error: text is expected here, not a mapping\n"},
    {"title: \"a\\0b\"\n", "f:3:8: error: an escape makes a control character: remove it\n"},
    {"title: \"a\\eb\"\n", "f:3:8: error: an escape makes a control character: remove it\n"},
    {"two_person: yes\n", "f:3:13: error: true or false is expected here\n"},
    {"user_triggers: ignore\n", "f:3:16: error: refuse or fire is expected here\n"},
    {"schema: '\"x'\n", "f:3:9: error: not a name: it is empty or a quote is not closed\n"},
    {"schema: '\"x\"y'\n", "f:3:9: error: something follows the quoted name\n"},
    {"role: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
     "f:3:7: error: a name of 65 bytes: PostgreSQL cuts names at 63\n"},
    {"role: \"a\\nb\"\n", "f:3:7: error: a line end or a tab in a name\n"},
    {"guards: x\n", "f:3:9: error: guards must be a mapping of names to settings\n"},
    {"applications: {}\n", "f:3:15: error: applications must be a mapping of a name to its keys, "
                           "such as \"web: {sessions: web*}\"\n"},
    {"titel: x\nowner: [a]\nguards: {stal: {}}\n",
     "f:3:1: error: unknown key \"titel\": did you mean \"title\"?\n"
     "f:4:8: error: text is expected here, not a list\n"
     "f:5:10: error: unknown guard \"stal\": did you mean \"stall\"?\n"},
};

static void test_top(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(top); i++) {
        struct plan *plan;
        g_autofree char *text = g_strconcat(HEAD, top[i].text, PHASES, NULL);
        g_autofree char *findings = plan_test_parse(text, strlen(text), &plan);
        assert_string_equal(findings, top[i].findings);
    }
}

static const struct sample heads[] = {
    {"title: x\n", "f:1:1: error: a plan needs the key \"pgrollout\"\n"
                   "f:1:1: error: a plan needs the key \"migration\"\n"
                   "f:1:1: error: a plan needs the key \"phases\"\n"},
    {"pgrollout: 2\nmigration: m\n" PHASES,
     "f:1:12: error: this version reads plan files of format 1 only\n"},
    {"pgrollout: 1\nmigration: Users\n" PHASES,
     "f:2:12: error: \"Users\" is not a name for a migration: [a-z0-9][a-z0-9-]*, at most 63\n"},
    {"pgrollout: 1\nmigration: -a\n" PHASES,
     "f:2:12: error: \"-a\" is not a name for a migration: [a-z0-9][a-z0-9-]*, at most 63\n"},
    {HEAD "phases: {}\n", "f:3:9: error: phases must be a mapping of phases to lists of steps\n"},
    {HEAD "phases: [a]\n",
     "f:3:9: error: phases must be a mapping of phases to lists of steps, not a list\n"},
    {HEAD "phases: {expand: []}\n",
     "f:3:18: error: phase \"expand\" must be a list of steps: leave "
     "it out when it has none\n"},
    {HEAD "phases:\n  expand:\n",
     "f:4:10: error: phase \"expand\" must be a list of steps: leave it out when it has none\n"},
    {HEAD "phases: {expnad: [{analyze: t}]}\n",
     "f:3:10: error: unknown phase \"expnad\": did you mean \"expand\"?\n"},
    {HEAD "phases:\n  deploy:\n    - analyze: t\n  expand:\n    - analyze: t\n",
     "f:6:3: error: phase \"expand\" comes before \"deploy\": put it there\n"},
    {HEAD PHASES "---\na: b\n", "f:4:1: error: a second document: a plan file holds one plan\n"},
    {"%YAML 1.1\n---\n" HEAD PHASES, "f:1:1: error: a % directive: plans have none\n"},
};

static void test_heads(void **state)
{
    (void)state;
    assert_samples(heads, G_N_ELEMENTS(heads), "", "");
}

/* One step in expand, from line 5, column 5 on ("- "). */
static const struct sample steps[] = {
    {"x", "f:5:7: error: a step must be a mapping, not text\n"},
    {"{}", "f:5:7: error: a step needs a kind, such as add_column\n"},
    {"name: x", "f:5:7: error: a step needs a kind, such as add_column\n"},
    {"add_colum: {table: t}",
     "f:5:7: error: unknown step kind \"add_colum\": did you mean \"add_column\"?\n"
     "f:5:18: error: add_column needs the key \"column\"\n"
     "f:5:18: error: add_column needs the key \"type\"\n"},
    {"index: {table: t}", "f:5:14: error: index needs the key \"columns\"\n"},
    {"constraint: {table: t, name: c, check: a > 0, unique: [a]}",
     "f:5:19: error: constraint needs exactly one of \"check\", \"foreign_key\" and \"unique\"\n"},
    {"drop_index: {table: t, name: i}", "f:5:7: error: drop_index belongs to contract only\n"},
    {"brown_out: {table: t, for: 1d}", "f:5:7: error: brown_out belongs to contract only\n"},
    {"add_table: {table: t}", "f:5:18: error: add_table needs the key \"columns\"\n"},
    {"drop_table: {table: t}", "f:5:7: error: drop_table belongs to contract only\n"},
    {"analyze: t\n      verify: x",
     "f:6:7: error: \"analyze\" and \"verify\" in one step: a step has one kind, begin the "
     "next one with \"- \"\n"
     "f:6:15: error: verify names a backfill, and there is none\n"},
    {"analyze: t\n      undo: x",
     "f:6:7: error: \"undo\" does not belong to a step of kind \"analyze\"\n"},
    {"analyze: t\n      nmae: x", "f:6:7: error: unknown key \"nmae\": did you mean \"name\"?\n"},
    {"analyze: t\n      name: A",
     "f:6:13: error: \"A\" is not a name for a step: [a-z0-9][a-z0-9_-]*, at most 63\n"},
    {"analyze: [t]", "f:5:16: error: text is expected here, not a list\n"},
    {"analyze: a.b.c",
     "f:5:16: error: not a table's name: NAME or SCHEMA.NAME, names with a dot in "
     "double quotes\n"},
    {"analyze: a.", "f:5:16: error: not a name: it is empty or a quote is not closed\n"},
    {"analyze: t\n      lock_timeout: 5",
     "f:6:21: error: \"5\" is not a duration: a number and a unit, such as 10ms, 5s, 2m, 1h or "
     "35d\n"},
    {"analyze: t\n      lock_timeout: 0s", "f:6:21: error: a duration above 0 is expected\n"},
    {"analyze: t\n      statement_timeout: -5s",
     "f:6:26: error: \"-5s\" is not a duration: a number and a unit, such as 10ms, 5s, 2m, 1h or "
     "35d\n"},
    {"add_column: t", "f:5:19: error: add_column must be a mapping, not text: its keys are table, "
                      "column, type, default, existing\n"},
    {"add_column: {table: t}", "f:5:19: error: add_column needs the key \"column\"\n"
                               "f:5:19: error: add_column needs the key \"type\"\n"},
    {"add_column: {tabel: t, column: c, type: int}",
     "f:5:20: error: unknown key \"tabel\": did you mean \"table\"?\n"},
    {"add_column: {table: t, column: c, type: int, existing: keep}",
     "f:5:62: error: \"adopt\" is expected here: without the key what exists is an error\n"},
    {"rename_table: {table: t, to: t}", "f:5:7: error: rename_table belongs to contract only\n"
                                        "f:5:7: error: table \"t\" has that name already\n"},
    {"sync: {table: t, old: a, new: a}", "f:5:7: error: a sync of column \"a\" with itself\n"},
    {"sync: {table: t, old: a, new: b, into: c, key: d}",
     "f:5:13: error: a sync is of two columns (\"old\", \"new\") or across tables (\"into\", "
     "\"key\", \"columns\"), not both\n"
     "f:5:54: error: \"key\" must be a mapping of columns of the other table to columns of this\n"},
    {"sync: {table: t, old: a, new: b, rows: both}",
     "f:5:13: error: \"rows\" belongs to a sync across tables (\"into\")\n"},
    {"sync: {table: t, into: t, key: {id: id}, columns: {a: b}}",
     "f:5:7: error: a sync of table \"t\" with itself: within a table it has \"old\" and "
     "\"new\"\n"},
    {"sync: {table: t, into: u, key: {i: id}, columns: {a: b, i: c, d: b}, rows: some}",
     "f:5:66: error: column \"i\" of \"u\" is in \"key\" already\n"
     "f:5:72: error: column \"b\" of \"t\" is paired twice\n"
     "f:5:82: error: filled or both is expected here\n"},
    {"backfill: {table: t, into: u, columns: {i: id, a: c}}\n"
     "    - sync: {table: t, into: u, key: {i: id}, columns: {a: b, d: e}}",
     "f:5:7: error: the backfill leaves out \"d\", which the sync (line 6) keeps in step with "
     "\"e\"\n"
     "f:5:7: error: backfill of table \"u\" before its sync (line 6): rows written in between "
     "would "
     "be missed\n"
     "f:5:57: error: \"a\" is kept in step with \"b\" by the sync (line 6): fill it with that "
     "column\n"},
    {"sync: {table: t, into: u, key: {i: id}, columns: {a: b}, rows: both}\n"
     "    - sync: {table: t, old: b, new: c}\n"
     "    - sync: {table: t, into: u, key: {i: id}, columns: {d: e}}\n"
     "    - drop_sync: {table: t, into: u}",
     "f:6:7: error: a second sync of column \"b\": the first is on line 5\n"
     "f:7:7: error: a second sync of the same tables: the first is on line 5\n"
     "f:8:7: error: a sync with \"rows: both\" (line 5) cannot be taken back once it is dropped: "
     "drop_table takes it along\n"},
    {"backfill: {table: t, statement: x}\n    - verify: backfill\n      repair: true\n"
     "      on: replica",
     "f:6:15: error: nothing is known of what the statement of backfill \"backfill\" (line 5) "
     "leaves behind: let a check step ask\n"
     "f:6:15: error: \"repair\" writes, so it goes with \"on: primary\"\n"},
    {"drop_sync: {table: t, old: a, new: b}",
     "f:5:7: error: drop_sync of what no earlier step of the plan syncs\n"},
    {"drop_column: {table: t, column: c}", "f:5:7: error: drop_column belongs to contract only\n"},
    {"sql: SELECT 1", "f:5:7: error: a sql step needs \"undo\", or \"irreversible: true\"\n"},
    {"sql: SELECT 1\n      undo: x\n      irreversible: true",
     "f:6:13: error: undo and irreversible: true in one step\n"},
    {"sql: SELECT 1\n      undo: x\n      transaction: some",
     "f:7:20: error: \"none\" is expected here: without the key the step has its own "
     "transaction\n"},
    {"check: SELECT 1\n      name: a", "f:5:7: error: a check step needs \"expect\"\n"},
    {"check: SELECT 1\n      expect: 1",
     "f:5:7: error: a check step needs a name: add \"name:\" beside \"check\"\n"},
    {"check: {query: SELECT 1}\n      name: a", "f:5:7: error: a check step needs \"expect\"\n"},
    {"confirm: x", "f:5:7: error: a confirm step needs a name: add \"name:\" beside \"confirm\"\n"},
    {"confirm: x\n      name: a\n      by: me",
     "f:7:11: error: operator or approver is expected here\n"},
    {"confirm: x\n      name: a\n      each: [web]",
     "f:7:14: error: \"each\" names an application, and the plan has no \"applications\"\n"},
    {"confirm: x\n      name: a\n      each: web",
     "f:7:13: error: a list with at least one entry is expected here, such as [one, two]\n"},
    {"verify: b", "f:5:15: error: verify names a backfill, and there is none\n"},
    {"verify: b\n      on: standby\n      repair: yes",
     "f:5:15: error: verify names a backfill, and there is none\n"
     "f:6:11: error: primary or replica is expected here\n"
     "f:7:15: error: true or false is expected here\n"},
    {"backfill: {table: t}", "f:5:17: error: backfill needs the key \"set\", or \"into\" and "
                             "\"columns\", or \"statement\"\n"},
    {"backfill: {table: t, set: x}",
     "f:5:33: error: \"set\" must be a mapping of target columns to expressions\n"},
    {"backfill: {table: t, set: {a: b}, batch: {min: 10, max: 5}}",
     "f:5:48: error: batch min 10 is above max 5\n"},
    {"backfill: {table: t, set: {a: b}, batch: {start: 5}}",
     "f:5:48: error: batch start 5 is not between min 10 and max 50000\n"},
    {"backfill: {table: t, set: {a: b}, batch: {start: -1, max: 9223372036854775808, min: 1e3}}",
     "f:5:56: error: \"-1\" is not a whole number from 1 to 10000000\n"
     "f:5:65: error: \"9223372036854775808\" is not a whole number from 1 to 10000000\n"
     "f:5:91: error: \"1e3\" is not a whole number from 1 to 10000000\n"},
    {"backfill: {table: t, set: {a: b}, rate: 5, rest: 1e400}",
     "f:5:47: error: \"5\" is not a rate: a number above 0 and a unit, such as 20000/s\n"
     "f:5:56: error: \"1e400\" is not a number: digits with an optional fraction, such as 2 or "
     "0.5\n"},
    {"backfill: {table: t, set: {a: b}, rest: 1001}",
     "f:5:47: error: rest is at most 1000 times the batch's own time\n"},
    {"backfill: {table: t, set: {a: b}, rest: "
     "111111111111111111111111111111111111111111111111111111111111111111111}",
     "f:5:47: error: a text of 69 bytes is no such value\n"},
};

static void test_steps(void **state)
{
    (void)state;
    assert_samples(steps, G_N_ELEMENTS(steps), HEAD "phases:\n  expand:\n    - ", "\n");
}

/* Steps against each other. */
static const struct sample orders[] = {
    {"  expand:\n"
     "    - analyze: a\n"
     "      name: x\n"
     "    - analyze: b\n"
     "      name: x\n",
     "f:7:7: error: a second step named \"x\": the first is on line 5\n"},
    {"  expand:\n"
     "    - backfill: {table: t, set: {n: o}}\n"
     "    - sync: {table: t, old: o, new: n}\n",
     "f:5:7: error: backfill of \"n\" before its sync (line 6): rows written in between would be "
     "missed\n"},
    {"  expand:\n"
     "    - verify: copy\n"
     "    - verify: cpy\n"
     "    - not_null: {table: t, column: n}\n"
     "    - backfill: {table: public.t, set: {n: o}}\n"
     "      name: copy\n",
     "f:5:15: error: verify stands before its backfill \"copy\" (line 8)\n"
     "f:6:15: error: unknown backfill \"cpy\": did you mean \"copy\"?\n"
     "f:7:7: error: not_null of \"n\" before its backfill \"copy\" (line 8)\n"},
    {"  expand:\n"
     "    - add_column: {table: t, column: n, type: int}\n"
     "    - add_column: {table: public.t, column: n, type: int}\n"
     "    - sync: {table: t, old: a, new: b}\n"
     "    - sync: {table: t, old: b, new: c}\n",
     "f:6:7: error: add_column of \"n\" twice: the first is on line 5\n"
     "f:8:7: error: a second sync of the same column: the first is on line 7\n"},
    {"  deploy:\n"
     "    - confirm: x\n"
     "      name: a\n"
     "      each: [web, wbe, web]\n"
     "applications: {web: {}, Bad: {}, two: {sessions: a, slot: b}, s: {slot: A}, w: {works: x},\n"
     "  r: {runs: often}, l: {statements: {old: []}}, n: x, u: {sesions: a}}\n",
     "f:7:19: error: unknown application \"wbe\": did you mean \"web\"?\n"
     "f:7:24: error: \"web\" stands in the list twice\n"
     "f:8:25: error: \"Bad\" is not a name for an application: [a-z0-9][a-z0-9._-]*, at most 63\n"
     "f:8:59: error: an application has sessions or a slot, not both: write two applications\n"
     "f:8:73: error: not the name of a replication slot: [a-z0-9_], at most 63\n"
     "f:8:88: error: works must be a mapping, not text: its keys are old, new\n"
     "f:9:13: error: \"often\" is no period: hourly, daily, weekly, monthly, quarterly, yearly, or "
     "a duration such as 35d\n"
     "f:9:43: error: a list with at least one entry is expected here, such as [one, two]\n"
     "f:9:52: error: application \"n\" must be a mapping, not text: its keys are sessions, "
     "release, slot, runs, role, statements, command, works\n"
     "f:9:59: error: unknown key \"sesions\": did you mean \"sessions\"?\n"},
    {"  deploy:\n"
     "    - analyze: t\n"
     "applications:\n"
     "  a:\n"
     "    statements: {old: [A, {sql: A}, {params: [1]}, {sql: B, params: 1}, {sql: B}, [C]]}\n"
     "    command: {old: x, knew: y}\n"
     "  b: {works: {old: contract..expand, new: expand..deplyo}, command: []}\n",
     "f:8:27: error: \"A\" stands in the list twice\n"
     "f:8:37: error: a statement needs the key \"sql\"\n"
     "f:8:69: error: a list of the values of $1, $2 … is expected here, such as [42, open]\n"
     "f:8:73: error: \"B\" stands in the list twice\n"
     "f:8:83: error: text is expected here, not a list\n"
     "f:9:23: error: unknown key \"knew\": did you mean \"new\"?\n"
     "f:10:20: error: \"contract..expand\" is not from one phase to a later one, such as "
     "expand..switch_reads; the phases are expand, deploy, backfill, switch_reads, "
     "stop_old_writes, contract\n"
     "f:10:43: error: \"expand..deplyo\" is not from one phase to a later one, such as "
     "expand..switch_reads; the phases are expand, deploy, backfill, switch_reads, "
     "stop_old_writes, contract\n"
     "f:10:69: error: command must be a mapping, not a list\n"},
};

static void test_orders(void **state)
{
    (void)state;
    assert_samples(orders, G_N_ELEMENTS(orders), HEAD "phases:\n", "");
}

static const struct sample guards[] = {
    {"lag: {pause: 5s}", "f:5:3: error: unknown guard \"lag\": known are " KNOWN_GUARDS},
    {"slot_wal: {pause: 5}",
     "f:5:21: error: \"5\" is not a size: a number and a unit of B, kB, MB, GB or TB\n"},
    {"slot_wal: {pause: 1MB, resume: 2MB}",
     "f:5:13: error: guard \"slot_wal\": resume (2.0 MB) must be below pause (1.0 MB), or it "
     "flutters\n"},
    {"replication_bytes: {pause: 1G}",
     "f:5:30: error: \"1G\" is not a size: a number and a unit of B, kB, MB, GB or TB\n"},
    {"connections: {pause: 120%}", "f:5:24: error: at most 100% is possible here\n"},
    {"connections: {pause: many}", "f:5:24: error: \"many\" is not a number: digits with an "
                                   "optional fraction, such as 2 or 0.5\n"},
    {"retries: {pause: 1.5}",
     "f:5:20: error: \"1.5\" is not a whole number from 0 to 2147483647\n"},
    {"active_sessions: {resume: 60}",
     "f:5:20: error: guard \"active_sessions\": resume (60) must be below pause (50), or it "
     "flutters\n"},
    {"dead_tuples: {probe: a}",
     "f:5:24: error: a probe belongs to a guard of kind probe only, under a name of its own\n"},
    {"window: {hours: \"22:00-05:00\"}",
     "f:5:11: error: guard \"window\" needs \"tz\": the hours of "
     "which place, such as Europe/Berlin\n"},
    {"window: {tz: UTC}", "f:5:11: error: guard \"window\" needs \"hours\" or \"days\"\n"},
    {"window: {hours: \"22-5\", tz: UTC}",
     "f:5:19: error: \"22-5\" is no span of hours: two times of day, such as \"22:00-05:00\"\n"},
    {"window: {hours: \"24:00-05:00\", tz: UTC}",
     "f:5:19: error: \"24:00-05:00\" is no span of hours: two times of day, such as "
     "\"22:00-05:00\"\n"},
    {"window: {hours: \"05:60-07:00\", tz: UTC}",
     "f:5:19: error: \"05:60-07:00\" is no span of hours: two times of day, such as "
     "\"22:00-05:00\"\n"},
    {"window: {days: mon-fry, tz: UTC}",
     "f:5:18: error: \"mon-fry\" is no day: mon, tue, wed, thu, "
     "fri, sat, sun, or mon-fri\n"},
    {"window: {days: {a: b}, tz: UTC}", "f:5:18: error: text is expected here, not a mapping\n"},
    {"window: {days: mon, tz: Europe/Berln}", "f:5:27: error: time zone \"Europe/Berln\" is not "
                                              "known: a name such as Europe/Berlin or UTC\n"},
    {"window: {days: mon, tz: ../../etc/localtime}",
     "f:5:27: error: time zone \"../../etc/localtime\" is not known: a name such as Europe/Berlin "
     "or UTC\n"},
    {"window: {days: mon, tz: UTC, pause: 1}",
     "f:5:39: error: a window is open or closed: it has no such value\n"},
    {"stall: {hours: \"01:00-02:00\"}",
     "f:5:18: error: \"hours\", \"days\" and \"tz\" belong to window only\n"},
    {"cpu: {probe: load}", "f:5:8: error: guard \"cpu\" needs \"pause\" and \"resume\"\n"},
    {"probe: {pause: 2, resume: 1}",
     "f:5:10: error: guard \"probe\" needs \"probe\": a name in the "
     "engine's settings file\n"},
    {"cpu: {sql: SELECT 1, probe: load, pause: 2, resume: 1}",
     "f:5:31: error: a probe belongs to a guard of kind probe only, under a name of its own\n"},
    {"stall: 5m",
     "f:5:10: error: guard \"stall\" must be a mapping, not text: its keys are pause, "
     "resume, slow, abort, samples, every, except, sql, query, probe, hours, days, tz, off\n"},
    {"stall: {pasue: 5m}", "f:5:11: error: unknown key \"pasue\": did you mean \"pause\"?\n"},
    {"stall: {pause: 5}", "f:5:18: error: \"5\" is not a duration: a number and a unit, such as "
                          "10ms, 5s, 2m, 1h or 35d\n"},
    {"stall: {pause: 0s}", "f:5:18: error: \"pause\" must be above 0\n"},
    {"lock_waiters: {pause: 2.5}",
     "f:5:25: error: \"2.5\" is not a whole number from 0 to 2147483647\n"},
    {"replication_lag: {pause: 1s}",
     "f:5:20: error: guard \"replication_lag\": resume (2s) must be "
     "below pause (1s), or it flutters\n"},
    {"replication_lag: {slow: 6s, abort: 4s}",
     "f:5:20: error: guard \"replication_lag\": slow (6s) must not be above pause (5s)\n"
     "f:5:20: error: guard \"replication_lag\": abort (4s) must be above pause (5s)\n"},
    {"stall: {except: [a]}", "f:5:19: error: \"except\" belongs to replication_lag, "
                             "replication_bytes, slot_wal and long_transaction only\n"},
    {"stall: {sql: SELECT 1}",
     "f:5:16: error: a query belongs to a guard of kind sql only, under a "
     "name of its own\n"},
    {"mine: {qeury: SELECT 1, pause: 1, resume: 0}",
     "f:5:10: error: unknown key \"qeury\": did you mean \"query\"?\n"},
    {"mine: {sql: SELECT 1}", "f:5:9: error: guard \"mine\" needs \"pause\" and \"resume\"\n"},
    {"sql: {pause: 1, resume: 0}", "f:5:8: error: guard \"sql\" needs a query under \"sql\"\n"},
    {"mine: {sql: SELECT 1, query: SELECT 2, pause: 1, resume: 0}",
     "f:5:32: error: \"sql\" and \"query\" are the same: give one\n"},
    {"MINE: {sql: SELECT 1}",
     "f:5:3: error: not a name for a guard: [a-z0-9][a-z0-9_-]*, at most 63\n"},
    {"stall: {resume: 1s}",
     "f:5:19: error: a stall holds until an operator's resume: it has no such value\n"},
    {"stall: {samples: 0}", "f:5:20: error: \"0\" is not a whole number from 1 to 1000\n"},
    {"stall: {every: 10ms}", "f:5:18: error: a guard is read once a second at the most\n"},
    {"stall: {off: }",
     "f:5:16: error: a value is missing here (text that begins with # must be quoted)\n"},
};

/* A wrong word is taken for what it certainly means, so that what stands behind it is read. */
static const struct sample words[] = {
    {"  expnad:\n"
     "    - add_colum: {tabel: t, Column: n, type: int, defualt: []}\n"
     "  back-fill:\n"
     "    - bakfill: {table: t, set: {n: o}, rat: 5}\n"
     "      nmae: copy\n"
     "    - verfy: cpy\n"
     "guards: {replication-lag: {puase: 5}, lag: {pause: 5}}\n",
     "f:4:3: error: unknown phase \"expnad\": did you mean \"expand\"?\n"
     "f:5:7: error: unknown step kind \"add_colum\": did you mean \"add_column\"?\n"
     "f:5:19: error: unknown key \"tabel\": did you mean \"table\"?\n"
     "f:5:29: error: unknown key \"Column\": did you mean \"column\"?\n"
     "f:5:51: error: unknown key \"defualt\": did you mean \"default\"?\n"
     "f:5:60: error: text is expected here, not a list\n"
     "f:6:3: error: unknown phase \"back-fill\": did you mean \"backfill\"?\n"
     "f:7:7: error: unknown step kind \"bakfill\": did you mean \"backfill\"?\n"
     "f:7:40: error: unknown key \"rat\": did you mean \"rate\"?\n"
     "f:7:45: error: \"5\" is not a rate: a number above 0 and a unit, such as 20000/s\n"
     "f:8:7: error: unknown key \"nmae\": did you mean \"name\"?\n"
     "f:9:7: error: unknown step kind \"verfy\": did you mean \"verify\"?\n"
     "f:9:14: error: unknown backfill \"cpy\": did you mean \"copy\"?\n"
     "f:10:10: error: unknown guard \"replication-lag\": did you mean \"replication_lag\"?\n"
     "f:10:28: error: unknown key \"puase\": did you mean \"pause\"?\n"
     "f:10:35: error: \"5\" is not a duration: a number and a unit, such as 10ms, 5s, 2m, 1h or "
     "35d\n"
     "f:10:39: error: unknown guard \"lag\": known are " KNOWN_GUARDS},
    /* min or max? nobody can tell, so neither is read */
    {"  expand:\n    - backfill: {table: t, set: {a: b}, batch: {mix: 5ms}}\n",
     "f:5:49: error: unknown key \"mix\": did you mean \"min\"?\n"},
    /* what cannot be read is not missed elsewhere */
    {"  expand:\n"
     "    - xyzzy: {table: t}\n"
     "    - verify: copy\n"
     "    - drop_sync: {table: t, old: a, new: b}\n",
     "f:5:7: error: unknown step kind \"xyzzy\": known are sql, add_column, sync, drop_sync, "
     "backfill, verify, not_null, analyze, check, confirm, drop_column, add_table, index, "
     "constraint, drop_not_null, no_sessions, unused, soak, replicas_caught_up, brown_out, "
     "drop_table, "
     "drop_index, drop_constraint, add_view, rename_table\n"},
};

static void test_words(void **state)
{
    (void)state;
    assert_samples(words, G_N_ELEMENTS(words), HEAD "phases:\n", "");
}

/* Lists, mappings, dashes and depths that are not where they should be. */
static const struct sample shapes[] = {
    {"  expand:\n"
     "    - add_column:\n"
     "      table: t\n"
     "      column: n\n"
     "      type: int\n"
     "    - sync:\n"
     "        table: t\n"
     "        old: o\n"
     "        new: n\n"
     "        name: keep\n",
     "f:6:7: error: \"table\" belongs below \"add_column\", not beside it: indent it deeper than "
     "column 7\n"
     "f:13:9: error: \"name\" belongs beside \"sync\", not below it: begin it in column 7\n"},
    {"  - expand:\n"
     "    - add_column:\n"
     "        - table: t\n"
     "        - column: n\n"
     "    - backfill: {table: t, set: [n: o]}\n"
     "applications:\n"
     "  - web: {sesions: w}\n"
     "  - jobs\n",
     "f:4:3: error: phases must be a mapping of phases to lists of steps, not a list: leave the "
     "\"- \" out\n"
     "f:6:9: error: add_column must be a mapping, not a list: leave the \"- \" out\n"
     "f:6:9: error: add_column needs the key \"type\"\n"
     "f:8:33: error: \"set\" must be a mapping of target columns to expressions, not a list: leave "
     "the \"- \" out\n"
     "f:10:3: error: applications must be a mapping of a name to its keys, such as \"web: "
     "{sessions: web*}\", not a list: leave the "
     "\"- \" out\n"
     "f:10:11: error: unknown key \"sesions\": did you mean \"sessions\"?\n"
     "f:11:5: error: a \":\" and a value are missing here\n"},
    {"  expand:\n"
     "    analyze: [t]\n"
     "    verify: copy\n"
     "  backfill:\n"
     "    -analyze: [t]\n"
     "  expand:\n"
     "    - analyze t\n"
     "    - sql: SELECT 1\n"
     "      undo: x\n"
     "      sql: SELECT 2\n",
     "f:5:5: error: phase \"expand\" must be a list of steps: begin each with \"- \"\n"
     "f:5:14: error: text is expected here, not a list\n"
     "f:6:13: error: verify names a backfill, and there is none\n"
     "f:8:5: error: phase \"backfill\" must be a list of steps: a blank is missing behind \"-\"\n"
     "f:8:15: error: text is expected here, not a list\n"
     "f:9:3: error: duplicate key \"expand\": the first is on line 4\n"
     "f:10:7: error: a step must be a mapping, not text: a \":\" is missing behind \"analyze\"\n"
     "f:13:7: error: duplicate key \"sql\": the first is on line 11\n"
     "f:13:7: error: a sql step needs \"undo\", or \"irreversible: true\"\n"},
    {"  expand:\n"
     "    - add_column: {table: t, column n, type: numeric(10,2), default: round(1.5, 0)}\n"
     "    - sync: {table: t, old: o, new: n, up: coalesce(n, ''), down: upper(o)}\n",
     "f:5:30: error: a \":\" and a blank are missing behind \"column\"\n"
     "f:5:46: error: \"numeric(10\" ends at the comma: inside { } text that holds one must be "
     "quoted\n"
     "f:5:70: error: \"round(1.5\" ends at the comma: inside { } text that holds one must be "
     "quoted\n"
     "f:6:44: error: \"coalesce(n\" ends at the comma: inside { } text that holds one must be "
     "quoted\n"
     "f:6:58: error: a \",\" or \"}\" is missing before this (nothing behind this was read)\n"},
    /* phases out of order do not make their steps wrong as well */
    {"  backfill:\n"
     "    - backfill: {table: t, set: {n: o}}\n"
     "  expand:\n"
     "    - sync: {table: t, old: o, new: n}\n",
     "f:6:3: error: phase \"expand\" comes before \"backfill\": put it there\n"},
};

static void test_shapes(void **state)
{
    (void)state;
    assert_samples(shapes, G_N_ELEMENTS(shapes), HEAD "phases:\n", "");
}

/* What libyaml stops at, behind a mistake that is said all the same. */
static const struct sample breaks[] = {
    {"\t- analyze: t\n", "f:6:1: error: a tab: indent with blanks"},
    {"   - analyze: t\n",
     "f:6:4: error: this line begins in column 4 and line 5 in column 5: what belongs together "
     "begins in one column"},
    {"      - analyze: t\n",
     "f:6:7: error: this stands in the column of the keys of line 5 and is none: a \"- \" begins "
     "where the others of its list begin"},
    {"  deploy\n    - analyze: t\n", "f:6:3: error: a \":\" is missing behind \"deploy\""},
    {"guards\nrole: x\n", "f:6:1: error: a \":\" is missing behind \"guards\""},
    {"title Rename it\nrole: x\n", "f:6:1: error: \"title Rename it\" is neither \"key: value\" "
                                   "nor \"- step\": is a \":\" or the blank "
                                   "behind it missing, or does the text of the line above go on?"},
    {"title: \"a\" b\n", "f:6:12: error: text behind the closing quote: put all of it into quotes"},
    {"title: 'a' || b\n",
     "f:6:12: error: text behind the closing quote: put all of it into quotes"},
    {"title: \"a\nrole: b\n", "f:6:8: error: this quote is not closed"},
    {"title: @a\n", "f:6:8: error: text that begins with @ must be quoted"},
    {"title: \"\\d\"\n",
     "f:6:9: error: an unknown escape: inside \" \" a backslash is written twice, inside ' ' once"},
    {"guards: {stall: {}}}\n", "f:6:20: error: a \"}\" that nothing opened"},
    {"guards: {stall: {}\ntitle: x\n", "f:6:9: error: this \"{\" is not closed"},
    {"guards: {stall: {pause: 5m resume: 1m}}\n",
     "f:6:34: error: a \",\" or \"}\" is missing before this"},
};

static void test_breaks(void **state)
{
    (void)state;
    const char *head = HEAD "phases:\n  expand:\n    - analyze: t\n";
    for (gsize i = 0; i < G_N_ELEMENTS(breaks); i++) {
        struct plan *plan;
        g_autofree char *text =
            g_strconcat("titel: x\n", head + strlen("pgrollout: 1\n"), breaks[i].text, NULL);
        g_autofree char *findings = plan_test_parse(text, strlen(text), &plan);
        g_autofree char *wanted =
            g_strconcat("f:1:1: error: unknown key \"titel\": did you mean \"title\"?\n",
                        breaks[i].findings, " (nothing behind this was read)\n", NULL);
        assert_string_equal(findings, wanted);
    }
}

static void test_guards(void **state)
{
    (void)state;
    assert_samples(guards, G_N_ELEMENTS(guards), HEAD PHASES "guards:\n  ", "\n");
}

/* A file with more mistakes than anybody reads. */
static void test_many(void **state)
{
    (void)state;
    struct plan *plan;
    GString *text = g_string_new(HEAD PHASES);
    for (int i = 0; i < 5000; i++)
        g_string_append_printf(text, "k%d: x\n", i);
    g_autofree char *findings = plan_test_parse(text->str, text->len, &plan);
    g_auto(GStrv) lines = g_strsplit(findings, "\n", -1);
    assert_int_equal(g_strv_length(lines), 201);
    assert_string_equal(lines[199], "f:203:1: error: too many mistakes: the rest is not listed");
    g_string_free(text, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_notation), cmocka_unit_test(test_nul_and_size),
        cmocka_unit_test(test_top),      cmocka_unit_test(test_heads),
        cmocka_unit_test(test_steps),    cmocka_unit_test(test_orders),
        cmocka_unit_test(test_guards),   cmocka_unit_test(test_many),
        cmocka_unit_test(test_words),    cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_breaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
