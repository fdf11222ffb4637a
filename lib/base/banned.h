/* SPDX-License-Identifier: Apache-2.0 */
/* Forced into every source of ours: calls the house style bans become compile errors. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RK_BANNED(call) sorry_##call##_is_banned_see_CONTRIBUTING_md
#undef strcpy
#define strcpy(a, b) RK_BANNED(strcpy)
#undef strcat
#define strcat(a, b) RK_BANNED(strcat)
#undef strncpy
#define strncpy(a, b, c) RK_BANNED(strncpy)
#undef strncat
#define strncat(a, b, c) RK_BANNED(strncat)
#undef sprintf
#define sprintf(...) RK_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) RK_BANNED(vsprintf)
#undef strtok
#define strtok(a, b) RK_BANNED(strtok)
#undef atoi
#define atoi(a) RK_BANNED(atoi)
#undef atol
#define atol(a) RK_BANNED(atol)
#undef strtol
#define strtol(a, b, c) RK_BANNED(strtol)
#undef gmtime
#define gmtime(a) RK_BANNED(gmtime)
#undef localtime
#define localtime(a) RK_BANNED(localtime)
#undef rand
#define rand() RK_BANNED(rand)
#undef time
#define time(a) RK_BANNED(time)
#undef getenv
#define getenv(a) RK_BANNED(getenv)
#undef system
#define system(a) RK_BANNED(system)
#undef popen
#define popen(a, b) RK_BANNED(popen)
