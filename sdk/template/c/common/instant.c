#include "instant.h"

#include <stdio.h>

/* Days since 1970-01-01 of a date of the Gregorian calendar, and back: years begin in March, so that leap days end
 * them. */
static long days_of(int year, int month, int day) {
  const int y = month > 2 ? year : year - 1;
  const int m = month > 2 ? month - 3 : month + 9;
  return 365L * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}
static void date_of(long days, int* year, int* month, int* day) {
  *year = (int)(1970 + days / 366);
  while (days_of(*year + 1, 1, 1) <= days) ++*year;
  *month = 1;
  while (*month < 12 && days_of(*year, *month + 1, 1) <= days) ++*month;
  *day = (int)(days - days_of(*year, *month, 1)) + 1;
}

double instant_of(slipway_span value) {
  char text[64];
  int year = 0, month = 0, day = 0, hour = 0, minute = 0;
  double second = 0;
  if (json_text(value, text, sizeof text) < 0) return 0;
  if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%lfZ", &year, &month, &day, &hour, &minute, &second) != 6) return 0;
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31) return 0;
  return (double)days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
}
void write_instant(json_writer* out, double instant) {
  const long long below = (long long)instant;
  const long long all = below + ((double)below < instant);
  const int rest = (int)(all % 86400);
  int year = 0, month = 0, day = 0;
  char text[64];
  date_of((long)(all / 86400), &year, &month, &day);
  snprintf(text, sizeof text, "\"%04d-%02d-%02dT%02d:%02d:%02dZ\"", year, month, day, rest / 3600, rest / 60 % 60,
           rest % 60);
  json_write(out, text);
}
