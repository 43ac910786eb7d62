/* Which file is a hook's, whether it is trusted, and what it is told. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "engine/hook-file.h"

static char *top, *folder, *file;

static int setup(void **state)
{
    (void)state;
    top = g_dir_make_tmp("hooks-XXXXXX", NULL);
    folder = g_build_filename(top, "hooks", NULL);
    file = g_build_filename(folder, "done", NULL);
    return g_mkdir(folder, 0755) != 0 || !g_file_set_contents(file, "#!/bin/sh\n", -1, NULL) ||
           g_chmod(file, 0755) != 0;
}

static int teardown(void **state)
{
    (void)state;
    g_unlink(file);
    g_rmdir(folder);
    int status = g_rmdir(top);
    g_free(top);
    g_free(folder);
    g_free(file);
    return status;
}

static void assert_state(const char *event, enum hook_state expected, const char *part)
{
    g_autofree char *path = NULL, *why = NULL;
    enum hook_state got = hook_file_find(folder, event, &path, &why);
    if (got != expected || (path != NULL) != (expected == HOOK_READY))
        fail_msg("%s: %d and not %d (%s)", event, (int)got, (int)expected, why ? why : "no reason");
    if (part && !strstr(why, part))
        fail_msg("\"%s\" has no \"%s\"", why, part);
}

static void with_mode(const char *path, int mode, const char *part)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(g_chmod(path, mode), 0);
    assert_state("done", HOOK_REFUSED, part);
    assert_int_equal(g_chmod(path, (int)(st.st_mode & 07777)), 0);
    assert_state("done", HOOK_READY, NULL);
}

static void test_trust(void **state)
{
    (void)state;
    assert_state("done", HOOK_READY, NULL);
    assert_state("hold", HOOK_NONE, NULL);
    with_mode(file, 0775, "hooks/done can be written by its group: chmod go-w");
    with_mode(file, 0757, "can be written by everybody");
    with_mode(file, 0644, "cannot be run: chmod u+x");
    with_mode(folder, 0775, "hooks can be written by its group");
    with_mode(folder, 01777,
              "hooks can be written by everybody"); /* the sticky bit is no excuse here */
    with_mode(top, 0777, "can be written by everybody");
    assert_int_equal(g_chmod(top, 01777), 0);
    assert_state("done", HOOK_READY, NULL); /* as /tmp is */
    assert_int_equal(g_chmod(top, 0700), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(file, 65534, 65534), 0);
        assert_state("done", HOOK_REFUSED, "belongs to somebody else");
        assert_int_equal(chown(file, 0, 0), 0);
    }
}

static void test_odd_files(void **state)
{
    (void)state;
    g_autofree char *link = g_build_filename(folder, "hold", NULL);
    g_autofree char *elsewhere = g_build_filename(top, "elsewhere", NULL);
    assert_int_equal(symlink("../elsewhere", link), 0);
    assert_state("hold", HOOK_REFUSED, "No such file"); /* it leads nowhere: not "none" */
    assert_true(g_file_set_contents(elsewhere, "#!/bin/sh\n", -1, NULL));
    assert_int_equal(g_chmod(elsewhere, 0755), 0);
    assert_state("hold", HOOK_READY, NULL);
    assert_int_equal(g_chmod(elsewhere, 0777), 0);
    assert_state("hold", HOOK_REFUSED, "elsewhere can be written by everybody");
    g_unlink(elsewhere);
    assert_int_equal(g_mkdir(elsewhere, 0755), 0);
    assert_state("hold", HOOK_REFUSED, "is no file");
    g_rmdir(elsewhere);
    g_unlink(link);
    /* the folder has gone: that is not "no hook" */
    g_autofree char *kept = g_steal_pointer(&folder);
    folder = g_build_filename(top, "gone", NULL);
    assert_state("done", HOOK_REFUSED, "gone: No such file");
    g_free(folder);
    folder = g_steal_pointer(&kept);
    g_autofree char *path = NULL, *why = NULL;
    assert_int_equal(hook_file_find(NULL, "done", &path, &why), HOOK_NONE);
}

static void test_facts(void **state)
{
    (void)state;
    g_autoptr(JsonParser) parser = json_parser_new();
    assert_true(json_parser_load_from_data(
        parser,
        "{\"id\": 7, \"event\": \"hold\", \"reason\": \"a\\u001b[31mb\\nc=d\", \"rows\": 3, "
        "\"holds\": null, \"x\": {}}",
        -1, NULL));
    JsonObject *facts = json_node_get_object(json_parser_get_root(parser));
    g_auto(GStrv) environment = hook_environment(facts);
    assert_string_equal(g_environ_getenv(environment, "PGROLLOUT_EVENT_ID"), "7");
    assert_string_equal(g_environ_getenv(environment, "PGROLLOUT_EVENT"), "hold");
    assert_string_equal(g_environ_getenv(environment, "PGROLLOUT_REASON"), "a [31mb c=d");
    assert_string_equal(g_environ_getenv(environment, "PGROLLOUT_ROWS"), "3");
    assert_null(g_environ_getenv(environment, "PGROLLOUT_HOLDS"));
    assert_null(g_environ_getenv(environment, "PGROLLOUT_X"));
    assert_int_equal(g_strv_length(environment), 6); /* with HOME and LC_ALL */
    g_autofree char *input = hook_input(facts);
    assert_true(g_str_has_suffix(input, "}\n"));
    assert_ptr_equal(strchr(input, '\n'), input + strlen(input) - 1); /* one line */
}

static void test_cut(void **state)
{
    (void)state;
    g_autofree char *all = hook_cut("one\ntwo", 10);
    assert_string_equal(all, "one two");
    g_autofree char *cut = hook_cut("a\303\244\303\244", 4); /* not within a letter */
    assert_string_equal(cut, "a\303\244…");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trust),
        cmocka_unit_test(test_odd_files),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
