/* pgrollout.conf: what is read, and what is refused by file and group. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "pgrollout/engine/conf.h"

static char *path;

static int setup(void **state)
{
    (void)state;
    int fd = g_file_open_tmp("conf-XXXXXX", &path, NULL);
    return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
    (void)state;
    g_unlink(path);
    g_free(path);
    return 0;
}

static void write_file(const char *text, int mode)
{
    assert_true(g_file_set_contents(path, text, -1, NULL));
    assert_int_equal(g_chmod(path, mode), 0);
}

static void test_read(void **state)
{
    (void)state;
    write_file("# servers\n[replica berlin]\nconninfo=host=b user=watch\n"
               "[pooler front]\nconninfo = port=6432 dbname=pgbouncer\n"
               "[hooks]\ndirectory=/\ntimeout=5s\n"
               "[probe errors]\ncommand=/usr/bin/rate --of 'check out'\ntimeout=2s\n",
               0644);
    struct conf *conf = conf_read_file(path, NULL);
    assert_non_null(conf);
    assert_string_equal(conf_replica_find(conf, "berlin")->conninfo, "host=b user=watch");
    assert_null(conf_replica_find(conf, "front"));
    assert_int_equal(conf->poolers->len, 1);
    const struct conf_probe *probe = conf_probe_find(conf, "errors");
    assert_string_equal(probe->argv[2], "check out");
    assert_null(probe->argv[3]);
    assert_int_equal(probe->timeout_us, 2 * G_USEC_PER_SEC);
    assert_string_equal(conf->hooks_folder, "/");
    assert_int_equal(conf->hooks_timeout_us, 5 * G_USEC_PER_SEC);
    conf_free(conf);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int mode;
        const char *message; /* behind the path */
    } samples[] = {
        {"[replcia b]\nconninfo=x\n", 0600, "[replcia b]: unknown group"},
        {"[replica]\nconninfo=x\n", 0600, "[replica]: a name is missing"},
        {"[replica b]\n", 0600, "[replica b]: \"conninfo\" is missing"},
        {"[replica b]\nconinfo=x\n", 0600,
         "[replica b]: unknown key \"coninfo\": did you mean \"conninfo\"?"},
        {"[probe p]\ncommand=rate\n", 0600, "absolute path"},
        {"[probe p]\ncommand=/bin/rate 'x\n", 0600, "[probe p]: "},
        {"[probe p]\ncommand=/bin/rate\ntimeout=2\n", 0600, "is not a duration"},
        {"[probe p]\ncommand=/bin/rate\n", 0620, "may be able to write it"},
        {"[probe p]\ncommand=/bin/rate\n", 0602, "may be able to write it"},
        {"[hooks x]\ntimeout=2s\n", 0600, "without a name"},
        {"[hooks]\ndirectory=hooks\n", 0600, "must be an absolute path"},
        {"[hooks]\ndirectory=/no/such/hooks\n", 0600, "\"directory\" is not there"},
        {"[hooks]\ntimeout=11m\n", 0600, "between 100ms and 10m"},
        {"[hooks]\ntimeout=2s\n", 0620, "may be able to write it"},
        {"no group\n", 0600, "cannot read"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
        g_autoptr(GError) error = NULL;
        write_file(samples[i].text, samples[i].mode);
        assert_null(conf_read_file(path, &error));
        assert_non_null(strstr(error->message, samples[i].message));
        assert_non_null(strstr(error->message, path));
    }
}

static void test_named(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    write_file("[pooler p]\nconninfo=x\n", 0600);
    g_setenv("PGROLLOUT_CONF", path, TRUE);
    struct conf *conf = conf_read(&error);
    assert_int_equal(conf->poolers->len, 1);
    conf_free(conf);
    g_setenv("PGROLLOUT_CONF", "/nonexistent/pgrollout.conf", TRUE);
    assert_null(conf_read(&error));
    assert_non_null(error);
    g_unsetenv("PGROLLOUT_CONF");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_named),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
