/* Programs that print a number, and those that do anything else. */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/program.h"

#define TIMEOUT_US (G_USEC_PER_SEC * 3 / 10)

static struct program_result run(const char *script, gint64 timeout_us)
{
    char *const argv[] = {(char *)"/bin/sh", (char *)"-c", (char *)script, NULL};
    char *const environment[] = {(char *)"PGROLLOUT_MIGRATION=m", NULL};
    const struct program_spec spec = {
        .argv = argv, .environment = environment, .timeout_us = timeout_us};
    struct program *program = program_start(&spec);
    struct program_result result = {0};
    gint64 deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (!program_take(program, &result) && g_get_monotonic_time() < deadline)
        if (!g_main_context_iteration(NULL, FALSE))
            g_usleep(5000);
    program_free(program);
    return result;
}

static void assert_prints(const char *script, double number)
{
    struct program_result result = run(script, 10 * G_USEC_PER_SEC);
    if (result.failure)
        fail_msg("%s: %s", script, result.failure);
    if (result.number != number)
        fail_msg("%s: %g", script, result.number);
}

static void assert_fails(const char *script, gint64 timeout_us, const char *expected)
{
    struct program_result result = run(script, timeout_us);
    if (!result.failure || strcmp(result.failure, expected) != 0)
        fail_msg("%s: %s", script, result.failure ? result.failure : "no failure");
    g_free(result.failure);
}

static void test_numbers(void **state)
{
    (void)state;
    assert_prints("echo 1.5", 1.5);
    assert_prints("printf ' -3e2 \n\n'", -300);
    assert_prints("printf 0", 0);
    assert_prints("echo 7; echo more >&2", 7);
    double number;
    assert_false(program_number("", &number));
    assert_false(program_number("nan", &number));
    assert_false(program_number("inf", &number));
    assert_false(program_number("0x10", &number));
    assert_false(program_number("1 2", &number));
    assert_false(program_number("1e999", &number));
    assert_false(program_number("5s", &number));
}

static void test_failures(void **state)
{
    (void)state;
    gint64 long_us = 10 * G_USEC_PER_SEC;
    assert_fails("exit 3", long_us, "it ended with status 3");
    assert_fails("echo 5; exit 1", long_us, "it ended with status 1");
    assert_fails("kill -SEGV $$", long_us, "it was ended by signal 11");
    assert_fails("true", long_us, "it printed nothing");
    assert_fails("echo calm", long_us, "it printed \"calm\", not a number");
    assert_fails("echo 5 6", long_us, "it printed \"5 6\", not a number");
    assert_fails("exec cat /dev/zero", long_us, "it printed more than 64 kB");
    assert_fails("sleep 60", TIMEOUT_US, "no answer within 0.3s");
    assert_fails("trap '' TERM; sleep 60; sleep 60", TIMEOUT_US, "no answer within 0.3s");
}

static void test_no_such_program(void **state)
{
    (void)state;
    char *const argv[] = {(char *)"/no/such/program", NULL};
    char *const environment[] = {NULL};
    const struct program_spec spec = {
        .argv = argv, .environment = environment, .timeout_us = TIMEOUT_US};
    struct program *program = program_start(&spec);
    struct program_result result = {0};
    assert_true(program_take(program, &result));
    assert_non_null(strstr(result.failure, "/no/such/program"));
    g_free(result.failure);
    program_free(program);
}

/* A file whose name the script may write to; what stands in it afterwards. */
static char *told_by(const char *script)
{
    g_autofree char *path = g_strdup_printf("/tmp/pgrollout-program-%d", (int)getpid());
    g_autofree char *whole = g_strdup_printf("out=%s; %s", path, script);
    char *text = NULL;
    assert_prints(whole, 1);
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    unlink(path);
    return text;
}

static void test_surroundings(void **state)
{
    (void)state;
    g_setenv("PGPASSWORD", "secret", TRUE);
    int open_pipe[2];
    assert_int_equal(pipe(open_pipe), 0); /* without close-on-exec: nobody may inherit it */
    g_autofree char *environment = told_by("env | cut -d= -f1 | sort | tr '\\n' ' ' >$out; echo 1");
    assert_string_equal(environment, "LC_ALL PATH PGROLLOUT_MIGRATION PWD ");
    g_autofree char *folder = told_by("pwd >$out; echo 1");
    assert_string_equal(folder, "/\n");
    g_autofree char *files = told_by("for f in 3 4 5 6 7 8 9; do "
                                     "[ ! -e /proc/$$/fd/$f ] || readlink /proc/$$/fd/$f; done "
                                     ">$out.links; grep -c pipe $out.links >$out; rm $out.links; "
                                     "echo 1");
    assert_string_equal(files, "0\n");
    g_autofree char *core = told_by("ulimit -c >$out; echo 1");
    assert_string_equal(core, "0\n");
    g_autofree char *group =
        told_by("[ $(cut -d' ' -f5 /proc/$$/stat) = $$ ] && echo own >$out; echo 1");
    assert_string_equal(group, "own\n");
    close(open_pipe[0]);
    close(open_pipe[1]);
}

static gboolean lives(const char *pid)
{
    return kill((pid_t)g_ascii_strtoll(pid, NULL, 10), 0) == 0;
}

/* Children that it leaves behind hold up nobody, and end with it. */
static void test_children(void **state)
{
    (void)state;
    g_autofree char *pid = told_by("sleep 60 & echo $! >$out; echo 1");
    for (int i = 0; i < 200 && lives(pid); i++)
        g_usleep(10000);
    assert_false(lives(pid));
}

/* The engine that ends, or the migration that is done, takes it along. */
static void test_dropped(void **state)
{
    (void)state;
    char *const argv[] = {(char *)"/bin/sleep", (char *)"60", NULL};
    char *const environment[] = {NULL};
    struct program_result result;
    const struct program_spec spec = {
        .argv = argv, .environment = environment, .timeout_us = 10 * G_USEC_PER_SEC};
    struct program *program = program_start(&spec);
    assert_false(program_take(program, &result));
    gint64 before = g_get_monotonic_time();
    program_free(program);
    assert_true(g_get_monotonic_time() - before < G_USEC_PER_SEC);
    program_free(NULL);
}

static void on_end(void *data)
{
    *(gboolean *)data = TRUE;
}

/* One that is told something: what it reads, what it prints on both ways, and how it ends. */
static void assert_told(const char *script, const char *input, const char *failure,
                        const char *output)
{
    gboolean ended = FALSE;
    char *const argv[] = {(char *)"/bin/sh", (char *)"-c", (char *)script, NULL};
    char *const environment[] = {(char *)"A=b=c", (char *)"LC_ALL=C.UTF-8", NULL};
    const struct program_spec spec = {.argv = argv,
                                      .environment = environment,
                                      .timeout_us = TIMEOUT_US * 10,
                                      .input = input,
                                      .with_errors = TRUE,
                                      .ended = on_end,
                                      .data = &ended};
    struct program *program = program_start(&spec);
    gint64 deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (!ended && g_get_monotonic_time() < deadline)
        if (!g_main_context_iteration(NULL, FALSE))
            g_usleep(5000);
    g_autofree char *why = NULL, *said = NULL;
    assert_true(program_end(program, &why, &said));
    if (g_strcmp0(why, failure) != 0 || (output && strcmp(said, output) != 0))
        fail_msg("%s: %s, \"%s\"", script, why ? why : "fine", said);
    program_free(program);
}

static void test_told(void **state)
{
    (void)state;
    assert_told("cat; echo err >&2", "{\"a\": 1}\n", NULL, "{\"a\": 1}\nerr");
    assert_told("cat", NULL, NULL, "");
    assert_told("echo $A $LC_ALL", "", NULL, "b=c C.UTF-8");
    assert_told("echo no; exit 7", "x", "it ended with status 7", "no");
    assert_told("printf 'a\\377b'", "x", NULL, "a\357\277\275b");
    assert_told("printf 'a\\000b'", "x", NULL, "a");
    /* far more than a pipe holds, and nobody reads it */
    g_autofree char *much = g_strnfill(1 << 20, 'x');
    assert_told("true", much, NULL, "");
    assert_told("wc -c", much, NULL, "1048576");
    assert_told("yes", "x", "it printed more than 64 kB", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_no_such_program),
        cmocka_unit_test(test_surroundings),
        cmocka_unit_test(test_children),
        cmocka_unit_test(test_dropped),
        cmocka_unit_test(test_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
