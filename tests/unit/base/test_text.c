/* safe_text: every code point, ill-formed bytes, cutting. */
#include "config.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#include "pgrollout/base/text.h"

static void assert_safe(const char *in, enum text_mode mode, const char *expected)
{
    char *out = safe_text(in, mode);
    assert_string_equal(out, expected);
    g_free(out);
}

/* Nothing that a terminal could obey or hide, whatever went in. */
static gboolean is_harmless(const char *out, enum text_mode mode)
{
    if (!g_utf8_validate(out, -1, NULL))
        return FALSE;
    for (const char *p = out; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        GUnicodeType type = g_unichar_type(c);
        if (c < 0x20 || (c >= 0x7F && c < 0xA0) || (mode == TEXT_ASCII && c > 0x7E))
            return FALSE;
        if (type == G_UNICODE_FORMAT || type == G_UNICODE_PRIVATE_USE ||
            type == G_UNICODE_UNASSIGNED || type == G_UNICODE_LINE_SEPARATOR)
            return FALSE;
        if (wcwidth((wchar_t)c) < 0)
            return FALSE;
    }
    return TRUE;
}

/* The encoding that UTF-8 would have for `c`, surrogates included, as an attacker may send it. */
static void encode(guint32 c, char *out)
{
    int n = 0;
    if (c < 0x80) {
        out[n++] = (char)c;
    } else if (c < 0x800) {
        out[n++] = (char)(0xC0 | c >> 6);
        out[n++] = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        out[n++] = (char)(0xE0 | c >> 12);
        out[n++] = (char)(0x80 | (c >> 6 & 0x3F));
        out[n++] = (char)(0x80 | (c & 0x3F));
    } else {
        out[n++] = (char)(0xF0 | c >> 18);
        out[n++] = (char)(0x80 | (c >> 12 & 0x3F));
        out[n++] = (char)(0x80 | (c >> 6 & 0x3F));
        out[n++] = (char)(0x80 | (c & 0x3F));
    }
    out[n] = '\0';
}

static void test_every_code_point(void **state)
{
    (void)state;
    for (guint32 c = 1; c <= 0x10FFFF; c++) {
        for (int mode = TEXT_UTF8; mode <= TEXT_ASCII; mode++) {
            char in[8] = "a";
            encode(c, in + 1);
            char *out = safe_text(in, (enum text_mode)mode);
            if (!is_harmless(out, (enum text_mode)mode) || out[0] != 'a' || !out[1])
                fail_msg("U+%04X in mode %d became \"%s\"", c, mode, out);
            if (mode == TEXT_ASCII)
                assert_true(safe_text_width(out) >= 2);
            else
                assert_true(safe_text_width(out) >= 1);
            g_free(out);
        }
    }
}

static void test_visible_substitutes(void **state)
{
    (void)state;
    assert_safe("a\x1b]0;OWNED\a\x1b[2Jb", TEXT_UTF8, "a·]0;OWNED··[2Jb");
    assert_safe("a\x1b[2Jb", TEXT_ASCII, "a.[2Jb");
    assert_safe("x\xe2\x80\xaey", TEXT_UTF8, "x·y"); /* U+202E */
    assert_safe("x\xc2\x9b"
                "31my",
                TEXT_UTF8, "x·31my");                   /* C1 CSI */
    assert_safe("x\x9by", TEXT_UTF8, "x\xef\xbf\xbdy"); /* the same as a lone byte */
    assert_safe("x\x9by", TEXT_ASCII, "x?y");
    assert_safe("\xc0\xaf", TEXT_UTF8, "\xef\xbf\xbd\xef\xbf\xbd"); /* overlong slash */
    assert_safe("\xed\xa0\x80", TEXT_ASCII, "???");                 /* a surrogate */
    assert_safe("\xf3\xa0\x81\x81", TEXT_UTF8, "·");                /* a tag */
    assert_safe("\xee\x80\x80", TEXT_UTF8, "·");                    /* private use */
    assert_safe("a\r\n\t b", TEXT_UTF8, "a  b");
    assert_safe("é中", TEXT_UTF8, "é中");
    assert_safe("é中", TEXT_ASCII, "??");
    assert_safe(NULL, TEXT_UTF8, "");
}

static void test_combining_marks(void **state)
{
    (void)state;
    assert_safe("e\xcc\x81\xcc\x82", TEXT_UTF8, "e\xcc\x81\xcc\x82");
    assert_safe("e\xcc\x81\xcc\x82\xcc\x83", TEXT_UTF8, "e\xcc\x81\xcc\x82·");
    assert_safe("\xcc\x81z", TEXT_UTF8, "·z"); /* a mark with no letter */
}

static void assert_cut(const char *in, int width, enum text_mode mode, const char *expected)
{
    char *out = safe_text_cut(in, width, mode);
    assert_string_equal(out, expected);
    assert_true(safe_text_width(out) <= width);
    g_free(out);
}

static void test_cut(void **state)
{
    (void)state;
    assert_cut("abcdef", 6, TEXT_UTF8, "abcdef");
    assert_cut("abcdef", 5, TEXT_UTF8, "abcd…");
    assert_cut("abcdef", 5, TEXT_ASCII, "abcd~");
    assert_cut("abcdef", 1, TEXT_UTF8, "…");
    assert_cut("abcdef", 0, TEXT_UTF8, "");
    assert_cut("中文字", 5, TEXT_UTF8, "中文…");
    assert_cut("中文字", 4, TEXT_UTF8, "中…");
    assert_cut("中文字", 6, TEXT_UTF8, "中文字");
}

int main(void)
{
    if (!setlocale(LC_ALL, "C.UTF-8"))
        return 99;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_visible_substitutes),
        cmocka_unit_test(test_combining_marks),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
