// SPDX-License-Identifier: Apache-2.0
/*
 * What a PKCS#11 module can do without Java in between: signs 32 bytes over and over with CKM_ECDSA or
 * CKM_EDDSA, a session to a thread, and prints the signatures made per second.
 *
 *   p11-sign-loop MODULE TOKEN-LABEL PIN-FILE KEY-LABEL ecdsa|eddsa SIGNATURES THREADS
 *   gcc -std=gnu11 -O2 -Wall -Wextra -Werror -pthread -o p11-sign-loop p11-sign-loop.c -ldl
 *
 * Each thread makes SIGNATURES / THREADS after a tenth as many to warm up. The few types of PKCS#11
 * v2.40 that are needed stand here, so that no header package is. A failed call ends the program with
 * status 1 and the CK_RV.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef unsigned long word; /* CK_ULONG, and CK_RV */

typedef struct {
  word type;
  void *value;
  word length;
} attribute;

typedef struct {
  word mechanism;
  void *parameter;
  word length;
} mechanism;

/* CK_C_INITIALIZE_ARGS */
typedef struct {
  void *create, *destroy, *lock, *unlock;
  word flags;
  void *reserved;
} initialize_args;

/* CK_TOKEN_INFO: the label comes first, and nothing else of it is read. */
typedef union {
  unsigned char label[32];
  word whole[64];
} token_info;

/* CK_FUNCTION_LIST: the functions stand in the order of the specification's section 3.6. */
typedef struct {
  unsigned char major, minor;
  word (*call[68])();
} function_list;

enum {
  INITIALIZE = 0,
  FINALIZE = 1,
  GET_SLOT_LIST = 4,
  GET_TOKEN_INFO = 6,
  OPEN_SESSION = 12,
  LOGIN = 18,
  FIND_OBJECTS_INIT = 26,
  FIND_OBJECTS = 27,
  FIND_OBJECTS_FINAL = 28,
  SIGN_INIT = 42,
  SIGN = 43
};

enum {
  CKF_OS_LOCKING_OK = 2,
  CKF_SERIAL_SESSION = 4,
  CKU_USER = 1,
  CKA_CLASS = 0,
  CKA_LABEL = 3,
  CKO_PRIVATE_KEY = 3,
  CKM_ECDSA = 0x1041,
  CKM_EDDSA = 0x1057
};

enum { MAX_SLOTS = 64, MAX_THREADS = 64, MAX_PIN = 255 };

static function_list *p11;
static word slot;
static const char *key_label;
static word key_mechanism;
static long signatures_each;
static pthread_barrier_t barrier;

static void check(const char *what, word rv) {
  if (rv != 0) {
    fprintf(stderr, "%s must return CKR_OK, was 0x%08lx\n", what, rv);
    exit(1);
  }
}

static void refuse(const char *sentence) {
  fprintf(stderr, "%s\n", sentence);
  exit(1);
}

static word find_slot(const char *label) {
  word slots[MAX_SLOTS], count = MAX_SLOTS;
  unsigned char padded[32];
  size_t length = strlen(label);
  if (length > sizeof padded) refuse("a token's label must be at most 32 bytes");
  memset(padded, ' ', sizeof padded);
  memcpy(padded, label, length);
  check("C_GetSlotList", p11->call[GET_SLOT_LIST](1, slots, &count));
  for (word i = 0; i < count; i++) {
    token_info info;
    check("C_GetTokenInfo", p11->call[GET_TOKEN_INFO](slots[i], &info));
    if (memcmp(info.label, padded, sizeof padded) == 0) return slots[i];
  }
  refuse("a token must carry the label that was given, and none does");
  return 0;
}

static word open_session(void) {
  word session;
  check("C_OpenSession",
        p11->call[OPEN_SESSION](slot, (word)CKF_SERIAL_SESSION, NULL, NULL, &session));
  return session;
}

static void login(word session, const char *file) {
  char pin[MAX_PIN + 2];
  FILE *in = fopen(file, "r");
  if (in == NULL || fgets(pin, sizeof pin, in) == NULL) refuse("the PIN file must hold a PIN");
  fclose(in);
  pin[strcspn(pin, "\n")] = '\0';
  check("C_Login", p11->call[LOGIN](session, (word)CKU_USER, pin, (word)strlen(pin)));
  memset(pin, 0, sizeof pin);
}

static word find_key(word session) {
  word class = CKO_PRIVATE_KEY, key, count;
  attribute template[] = {{CKA_CLASS, &class, sizeof class},
                          {CKA_LABEL, (void *)key_label, strlen(key_label)}};
  check("C_FindObjectsInit", p11->call[FIND_OBJECTS_INIT](session, template, (word)2));
  check("C_FindObjects", p11->call[FIND_OBJECTS](session, &key, (word)1, &count));
  check("C_FindObjectsFinal", p11->call[FIND_OBJECTS_FINAL](session));
  if (count != 1) refuse("a private key must carry the label that was given, and none does");
  return key;
}

static void sign(word session, word key, long times) {
  unsigned char digest[32], signature[64];
  memset(digest, 0x5a, sizeof digest);
  for (long i = 0; i < times; i++) {
    mechanism used = {key_mechanism, NULL, 0};
    word length = sizeof signature;
    check("C_SignInit", p11->call[SIGN_INIT](session, &used, key));
    check("C_Sign", p11->call[SIGN](session, digest, (word)sizeof digest, signature, &length));
  }
}

static void *signer(void *unused) {
  word session = open_session(), key = find_key(session);
  sign(session, key, signatures_each / 10);
  pthread_barrier_wait(&barrier);
  sign(session, key, signatures_each);
  return unused;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  if (argc != 8) {
    refuse("p11-sign-loop MODULE TOKEN-LABEL PIN-FILE KEY-LABEL ecdsa|eddsa SIGNATURES THREADS");
  }
  if (strcmp(argv[5], "ecdsa") != 0 && strcmp(argv[5], "eddsa") != 0) {
    refuse("the mechanism must be ecdsa or eddsa");
  }
  key_mechanism = strcmp(argv[5], "ecdsa") == 0 ? CKM_ECDSA : CKM_EDDSA;
  int threads = atoi(argv[7]);
  if (threads < 1 || threads > MAX_THREADS) refuse("threads must be from 1 to 64");
  signatures_each = atol(argv[6]) / threads;
  if (signatures_each < 1) refuse("signatures must be at least one to a thread");
  key_label = argv[4];

  void *module = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (module == NULL) refuse(dlerror());
  word (*get_function_list)(function_list **);
  *(void **)&get_function_list = dlsym(module, "C_GetFunctionList");
  if (get_function_list == NULL) refuse("the module must have C_GetFunctionList");
  check("C_GetFunctionList", get_function_list(&p11));
  initialize_args args = {.flags = CKF_OS_LOCKING_OK};
  check("C_Initialize", p11->call[INITIALIZE](&args));

  slot = find_slot(argv[2]);
  login(open_session(), argv[3]); /* for all sessions; this one stays open and keeps it */

  pthread_t ids[MAX_THREADS];
  pthread_barrier_init(&barrier, NULL, (unsigned)threads + 1);
  for (int i = 0; i < threads; i++) {
    if (pthread_create(&ids[i], NULL, signer, NULL) != 0) refuse("a thread must start");
  }
  pthread_barrier_wait(&barrier);
  double start = now();
  for (int i = 0; i < threads; i++) pthread_join(ids[i], NULL);
  double seconds = now() - start;
  printf("%.0f\n", (double)signatures_each * threads / seconds);
  check("C_Finalize", p11->call[FINALIZE](NULL));
  return 0;
}
