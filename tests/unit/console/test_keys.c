/* Bytes into keys, the table of bindings, and the words of the prompt. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "console/command.h"
#include "console/keys.h"

static void check(const char *bytes, gboolean complete, gsize used, enum key_code code, gunichar c)
{
    struct key key;
    gsize got = key_decode((const guchar *)bytes, strlen(bytes), complete, &key);
    if (got != used || (used && (key.code != code || key.c != c)))
        fail_msg("\"%s\": %zu bytes, code %d, U+%04X", bytes, got, key.code, key.c);
}

static void check_answer(const char *bytes, gsize length)
{
    assert_int_equal(key_answer((const guchar *)bytes, strlen(bytes)), length);
}

/* Only a whole one is an answer: what is broken off has no end to take away. */
static void test_answers(void **state)
{
    (void)state;
    check_answer("\x1b]11;rgb:fa/fa/fa\x1b\\p", 19);
    check_answer("\x1b]11;rgb:fa/fa/fa\ap", 18);
    check_answer("\x1b]\a", 3);
    check_answer("\x1b]\x1b\\", 4);
    check_answer("\x1b]11;rgb", 0);
    check_answer("\x1b]\x1b", 0);
    check_answer("\x1b]\x1bp", 0);
    check_answer("\x1b]11\x1b[A", 0);
    check_answer("\x1b[A", 0);
    check_answer("", 0);
}

static void test_decoding(void **state)
{
    (void)state;
    check("pq", FALSE, 1, KEY_CODE_CHAR, 'p');
    check("\x03", FALSE, 1, KEY_CODE_CHAR, 3);
    check("\r", FALSE, 1, KEY_CODE_ENTER, 0);
    check("\t", FALSE, 1, KEY_CODE_TAB, 0);
    check("\x7f", FALSE, 1, KEY_CODE_BACKSPACE, 0);
    check("\xc3\xa9x", FALSE, 2, KEY_CODE_CHAR, 0xE9);
    check("\xc3", FALSE, 0, 0, 0); /* half a character: wait */
    check("\xc3", TRUE, 1, KEY_CODE_OTHER, 0);
    check("\xff", FALSE, 1, KEY_CODE_OTHER, 0);
    check("\x1b", FALSE, 0, 0, 0);
    check("\x1b", TRUE, 1, KEY_CODE_ESC, 0);
    check("\x1b\x1b", FALSE, 1, KEY_CODE_ESC, 0);
    check("\x1b:pause", FALSE, 1, KEY_CODE_ESC, 0);
    check("\x1b"
          "b",
          FALSE, 2, KEY_CODE_OTHER, 0);
    check("\x1b[", FALSE, 0, 0, 0);
    check("\x1b[A", FALSE, 3, KEY_CODE_UP, 0);
    check("\x1bOB", FALSE, 3, KEY_CODE_DOWN, 0);
    check("\x1b[1~", FALSE, 4, KEY_CODE_HOME, 0);
    check("\x1b[6~q", FALSE, 4, KEY_CODE_PAGE_DOWN, 0);
    check("\x1b[1;5C", FALSE, 6, KEY_CODE_OTHER, 0);
    check("\x1b[200~", FALSE, 6, KEY_CODE_PASTE_BEGIN, 0);
    check("\x1b[<0;1;1M", FALSE, 9, KEY_CODE_OTHER, 0); /* a mouse nobody asked for */
    /* what the terminal answers is no row of keys, however it comes */
    check("\x1b]11;rgb:fa/fa/fa\x1b\\p", FALSE, 19, KEY_CODE_OTHER, 0);
    check("\x1b]11;rgb:fa/fa/fa\x07p", FALSE, 18, KEY_CODE_OTHER, 0);
    check("\x1b]11;rgb:fa/f", FALSE, 0, 0, 0);
    check("\x1b]11;rgb:fa/fa/fa\x1b", FALSE, 0, 0, 0);
    check("\x1b[Mpp!q", FALSE, 6, KEY_CODE_OTHER, 0); /* the older kind: p is a column */
    check("\x1b[M", FALSE, 0, 0, 0);
    check("\x1bOM", FALSE, 3, KEY_CODE_ENTER, 0);  /* the keypad's */
    check("\x1b[[A", FALSE, 4, KEY_CODE_OTHER, 0); /* F1 of the Linux console */
    check("\x1b[I", FALSE, 3, KEY_CODE_OTHER, 0);  /* the window has the focus */
    check("\x1b]11;rgb:1010/1414/1818\x1b\\p", FALSE, 25, KEY_CODE_OTHER, 0);
    check("\x1b]11;rgb:1010/1414/1818\ap", FALSE, 24, KEY_CODE_OTHER, 0);
    check("\x1bP1$r0m\x1b", FALSE, 0, 0, 0);
    check("\x1b[1111;2222;3333;4444;5555Mp", FALSE, 27, KEY_CODE_OTHER, 0);
    check("\x1bp", FALSE, 2, KEY_CODE_OTHER, 0); /* Alt-p pauses nothing */
}

/* Anything at all is used up in the end. */
static void test_never_stuck(void **state)
{
    (void)state;
    guint32 seed = 1;
    for (int round = 0; round < 20000; round++) {
        guchar bytes[12];
        for (gsize i = 0; i < sizeof bytes; i++) {
            seed = seed * 1664525 + 1013904223;
            bytes[i] = (guchar)(seed >> 24 & (i % 3 ? 0xFF : 0x1B | (seed >> 16 & 0x60)));
        }
        gsize at = 0;
        while (at < sizeof bytes) {
            struct key key;
            gsize used = key_decode(bytes + at, sizeof bytes - at, TRUE, &key);
            assert_true(used > 0 && used <= sizeof bytes - at);
            at += used;
        }
    }
}

/* No key stands for two acts; every act that changes something but stopping asks first. */
static void test_bindings(void **state)
{
    (void)state;
    for (const struct binding *b = bindings; b->act != ACT_NONE; b++) {
        assert_ptr_equal(binding_find(&b->key), b);
        gboolean stops = b->act == ACT_PAUSE || b->act == ACT_PAUSE_ALL || b->act == ACT_THROTTLE;
        if (b->verb)
            assert_true(stops == (b->confirm == NULL));
        if (b->confirm)
            assert_true(strchr(b->confirm, (char)b->key.c) != b->confirm);
    }
    struct key unknown = {KEY_CODE_CHAR, 'Z'};
    assert_null(binding_find(&unknown));
}

static void check_error(const char *line, const char *part)
{
    GError *error = NULL;
    struct command_line *parsed = command_parse(line, &error);
    assert_null(parsed);
    assert_non_null(error);
    if (!strstr(error->message, part))
        fail_msg("\"%s\": %s", line, error->message);
    g_error_free(error);
}

static void test_commands(void **state)
{
    (void)state;
    struct command_line *line =
        command_parse("  pause  users-full-name   -- INC-42 -- more ", NULL);
    assert_int_equal(line->command->id, COMMAND_PAUSE);
    assert_int_equal(line->n_words, 1);
    assert_string_equal(line->words[0], "users-full-name");
    assert_string_equal(line->reason, "INC-42 -- more");
    command_line_free(line);
    line = command_parse("resume -- why", NULL);
    assert_int_equal(line->n_words, 0);
    assert_string_equal(line->reason, "why");
    command_line_free(line);
    line = command_parse("note a -- b", NULL);
    assert_string_equal(line->rest, "a -- b");
    command_line_free(line);
    line = command_parse("jou", NULL);
    assert_int_equal(line->command->id, COMMAND_SCREEN);
    assert_string_equal(line->command->name, "journal");
    command_line_free(line);
    assert_null(command_parse("   ", NULL));
    check_error("pau", "there is no command \"pau\""); /* acts are written in full */
    check_error("re x", "\"re\" may be \"");
    check_error("drop table", "there is no command \"drop\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decoding),    cmocka_unit_test(test_answers),
        cmocka_unit_test(test_never_stuck), cmocka_unit_test(test_bindings),
        cmocka_unit_test(test_commands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
