/* The arithmetic of colours. */
#include "config.h"
#include "console/colour.h"

#include <math.h>
#include <string.h>

static const char *const names_16[] = {"black",
                                       "red",
                                       "green",
                                       "yellow",
                                       "blue",
                                       "magenta",
                                       "cyan",
                                       "white",
                                       "bright-black",
                                       "bright-red",
                                       "bright-green",
                                       "bright-yellow",
                                       "bright-blue",
                                       "bright-magenta",
                                       "bright-cyan",
                                       "bright-white",
                                       NULL};

const char *sight_name(enum sight sight)
{
    static const char *const names[] = {"normal", "protan", "deutan", "tritan"};
    return names[sight];
}

static void linear_of(int rgb, double out[3])
{
    for (int i = 0; i < 3; i++) {
        double c = (rgb >> (16 - 8 * i) & 255) / 255.0;
        out[i] = c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
    }
}

static int rgb_of(const double linear[3])
{
    int rgb = 0;
    for (int i = 0; i < 3; i++) {
        double c = CLAMP(linear[i], 0, 1);
        c = c <= 0.0031308 ? c * 12.92 : 1.055 * pow(c, 1 / 2.4) - 0.055;
        rgb = rgb << 8 | (int)lround(c * 255);
    }
    return rgb;
}

int colour_seen(int rgb, enum sight sight)
{
    static const double matrices[SIGHT_COUNT][3][3] = {
        [SIGHT_PROTAN] = {{0.152286, 1.052583, -0.204868},
                          {0.114503, 0.786281, 0.099216},
                          {-0.003882, -0.048116, 1.051998}},
        [SIGHT_DEUTAN] = {{0.367322, 0.860646, -0.227968},
                          {0.280085, 0.672501, 0.047413},
                          {-0.011820, 0.042940, 0.968881}},
        [SIGHT_TRITAN] = {{1.255528, -0.076749, -0.178779},
                          {-0.078411, 0.930809, 0.147602},
                          {0.004733, 0.691367, 0.303900}},
    };
    if (sight == SIGHT_NORMAL)
        return rgb;
    double in[3], out[3];
    linear_of(rgb, in);
    for (int i = 0; i < 3; i++)
        out[i] = matrices[sight][i][0] * in[0] + matrices[sight][i][1] * in[1] +
                 matrices[sight][i][2] * in[2];
    return rgb_of(out);
}

/* CIELAB with the white point D65. */
static void lab_of(int rgb, double lab[3])
{
    double linear[3], xyz[3], f[3];
    linear_of(rgb, linear);
    xyz[0] = (0.4124 * linear[0] + 0.3576 * linear[1] + 0.1805 * linear[2]) / 0.95047;
    xyz[1] = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    xyz[2] = (0.0193 * linear[0] + 0.1192 * linear[1] + 0.9505 * linear[2]) / 1.08883;
    for (int i = 0; i < 3; i++)
        f[i] = xyz[i] > 0.008856 ? cbrt(xyz[i]) : 7.787 * xyz[i] + 16.0 / 116;
    lab[0] = 116 * f[1] - 16;
    lab[1] = 500 * (f[0] - f[1]);
    lab[2] = 200 * (f[1] - f[2]);
}

double colour_distance(int a, int b)
{
    double x[3], y[3];
    lab_of(a, x);
    lab_of(b, y);
    return sqrt(pow(x[0] - y[0], 2) + pow(x[1] - y[1], 2) + pow(x[2] - y[2], 2));
}

static double luminance(int rgb)
{
    double linear[3];
    linear_of(rgb, linear);
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

double colour_contrast(int a, int b)
{
    double x = luminance(a), y = luminance(b);
    return (MAX(x, y) + 0.05) / (MIN(x, y) + 0.05);
}

int colour_mix(int a, int b, double share)
{
    int rgb = 0;
    for (int shift = 16; shift >= 0; shift -= 8)
        rgb = rgb << 8 | (int)lround((a >> shift & 255) * share + (b >> shift & 255) * (1 - share));
    return rgb;
}

int colour_of_256(int number)
{
    static const int first[16] = {0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD,
                                  0x00CDCD, 0xE5E5E5, 0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00,
                                  0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF};
    static const int levels[] = {0, 95, 135, 175, 215, 255};
    if (number < 16)
        return first[number];
    if (number >= 232)
        return (8 + 10 * (number - 232)) * 0x010101;
    number -= 16;
    return levels[number / 36] << 16 | levels[number / 6 % 6] << 8 | levels[number % 6];
}

static int nearest(int rgb, int from, int to, int (*colour)(int number))
{
    int best = from;
    double least = INFINITY;
    for (int i = from; i < to; i++) {
        double d = colour_distance(rgb, colour(i));
        if (d < least) {
            least = d;
            best = i;
        }
    }
    return best;
}

int colour_nearest_256(int rgb)
{
    return nearest(rgb, 16, 256, colour_of_256);
}

int colour_nearest_8(int rgb)
{
    return nearest(rgb, 0, 8, colour_of_256);
}

int colour_16_find(const char *name)
{
    for (int i = 0; names_16[i]; i++)
        if (strcmp(name, names_16[i]) == 0)
            return i;
    return -1;
}

const char *colour_16_name(int number)
{
    return names_16[number];
}

const char *const *colour_16_names(void)
{
    return names_16;
}
