// SPDX-License-Identifier: Apache-2.0
/*
 * A PKCS#11 module that is SoftHSM but for one call, which fails with a chosen CK_RV: tokens fill up
 * and lock their PINs, SoftHSM does neither.
 *
 * The file that P11_FAULT names holds "FUNCTION NTH CK_RV": the nth call of C_Login, C_CreateObject
 * or C_GenerateKeyPair since the file was last read with another content. Without the file nothing
 * fails.
 *
 *   gcc -shared -fPIC -Wall -Wextra -Werror -DMODULE='"/usr/lib/softhsm/libsofthsm2.so"' \
 *       -o p11-fault.so p11-fault.c -ldl
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long word; /* CK_ULONG, CK_RV, and every pointer */

/* CK_FUNCTION_LIST, PKCS#11 v2.40 section 3.6 */
typedef struct {
  unsigned char major, minor;
  void *call[68];
} function_list;

enum { LOGIN = 18, CREATE_OBJECT = 20, GENERATE_KEY_PAIR = 59 };

typedef word four(word, word, word, word);
typedef word eight(word, word, word, word, word, word, word, word);

static function_list real, faulty;

/* The CK_RV with which this call must fail, or 0. Tests use one thread. */
static word fault(const char *function) {
  static char last[128];
  static int calls;
  char line[128] = "", name[64];
  int nth;
  word rv;
  const char *path = getenv("P11_FAULT");
  FILE *in = path == NULL ? NULL : fopen(path, "r");
  if (in == NULL) return 0;
  if (fgets(line, sizeof line, in) == NULL) line[0] = '\0';
  fclose(in);
  if (strcmp(line, last) != 0) {
    strcpy(last, line);
    calls = 0;
  }
  if (sscanf(line, "%63s %d %li", name, &nth, (long *)&rv) != 3) return 0;
  if (strcmp(name, function) != 0) return 0;
  return ++calls == nth ? rv : 0;
}

static word login(word a, word b, word c, word d) {
  word rv = fault("C_Login");
  return rv != 0 ? rv : ((four *)real.call[LOGIN])(a, b, c, d);
}

static word create_object(word a, word b, word c, word d) {
  word rv = fault("C_CreateObject");
  return rv != 0 ? rv : ((four *)real.call[CREATE_OBJECT])(a, b, c, d);
}

static word generate_key_pair(word a, word b, word c, word d, word e, word f, word g, word h) {
  word rv = fault("C_GenerateKeyPair");
  return rv != 0 ? rv : ((eight *)real.call[GENERATE_KEY_PAIR])(a, b, c, d, e, f, g, h);
}

word C_GetFunctionList(function_list **list) {
  void *module = dlopen(MODULE, RTLD_NOW | RTLD_LOCAL);
  word (*get)(function_list **);
  function_list *theirs;
  if (module == NULL) return 5; /* CKR_GENERAL_ERROR */
  *(void **)&get = dlsym(module, "C_GetFunctionList");
  if (get == NULL || get(&theirs) != 0) return 5;
  real = faulty = *theirs;
  faulty.call[LOGIN] = (void *)login;
  faulty.call[CREATE_OBJECT] = (void *)create_object;
  faulty.call[GENERATE_KEY_PAIR] = (void *)generate_key_pair;
  *list = &faulty;
  return 0;
}
