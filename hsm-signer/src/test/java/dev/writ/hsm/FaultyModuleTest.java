// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static dev.writ.hsm.CryptokiClient.fails;
import static dev.writ.hsm.CryptokiClient.isCode;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.fixtures.FaultyModule;
import dev.writ.fixtures.FaultyModule.Count;
import dev.writ.fixtures.FaultyModule.Gauge;
import dev.writ.fixtures.SoftHsmToken;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the faulty module does, seen through the JDK's wrapper of a PKCS#11 module. */
@Timeout(120)
class FaultyModuleTest {
  private static final long CKR_DEVICE_ERROR = 0x30;
  private static final long CKR_DEVICE_MEMORY = 0x31;
  private static final long CKR_DEVICE_REMOVED = 0x32;
  private static final long CKR_GENERAL_ERROR = 0x5;
  private static final long CKR_KEY_HANDLE_INVALID = 0x60;
  private static final long CKR_OBJECT_HANDLE_INVALID = 0x82;
  private static final long CKR_PIN_INCORRECT = 0xA0;
  private static final long CKR_SESSION_COUNT = 0xB1;
  private static final long CKR_SESSION_HANDLE_INVALID = 0xB3;
  private static final long CKR_TOKEN_NOT_PRESENT = 0xE0;
  private static final long CKR_USER_NOT_LOGGED_IN = 0x101;

  /** How often PINs may be wrong before a real token locks itself, and more. */
  private static final int MANY_TRIES = 20;

  @TempDir static Path folder;

  private static List<SoftHsmToken> made = List.of();
  private static FaultyModule faulty;
  private static int generation;

  private CryptokiClient module;
  private long slot;
  private long session;

  @BeforeAll
  static void makeTokenWithTwoKeys() throws Exception {
    made = FreshTokens.create("faulty");
    faulty = FaultyModule.build(folder, FreshTokens.profile().library());
    FaultyModuleTest first = new FaultyModuleTest();
    first.initialise();
    first.module.generate(first.session, "red");
    first.module.generate(first.session, "blue");
    first.finish();
  }

  @AfterAll
  static void removeTokens() throws Exception {
    for (SoftHsmToken token : made) {
      token.close();
    }
  }

  /** Another wrapper each time: the JDK does not initialise one for a second time. */
  @BeforeEach
  void initialise() throws Exception {
    load();
    slot = module.slots()[0];
    session = open();
    login();
  }

  @AfterEach
  void finish() throws Exception {
    faulty.clear();
    module.finish();
  }

  @Test
  void sign_eightThreads_losesNone() throws Exception {
    int threads = 8;
    int each = 2_000;
    long key = find("red");
    long before = faulty.calls("C_Sign", Count.SUCCEEDED);
    long failed = faulty.calls("C_Sign", Count.FAILED);
    List<byte[]> last =
        inParallel(
            threads,
            () -> {
              long own = open();
              byte[] signature = module.sign(own, key);
              for (int i = 1; i < each; i++) {
                signature = module.sign(own, key);
              }
              return signature;
            });
    assertThat(faulty.calls("C_Sign", Count.SUCCEEDED) - before).isEqualTo((long) threads * each);
    assertThat(faulty.calls("C_Sign", Count.FAILED)).isEqualTo(failed);
    assertThat(faulty.gauge(Gauge.OPEN_SESSIONS)).isEqualTo(threads + 1);
    assertThat(faulty.gauge(Gauge.MOST_OPEN_SESSIONS)).isGreaterThanOrEqualTo(threads + 1);
    long publicKey = module.publicKeys(session, "red").get(0);
    for (byte[] signature : last) {
      module.verify(session, publicKey, signature);
    }
  }

  @Test
  void delaySigning_threeThreads_sleepAtTheSameTime() throws Exception {
    long key = find("red");
    long forwarded = faulty.calls("C_Sign", Count.FORWARDED);
    Duration delay = Duration.ofSeconds(1);
    faulty.delaySigning(delay);
    long started = System.nanoTime();
    List<Future<byte[]>> signatures = new ArrayList<>();
    ExecutorService pool = Executors.newFixedThreadPool(3);
    try {
      for (int i = 0; i < 3; i++) {
        signatures.add(pool.submit(() -> module.sign(open(), key)));
      }
      awaitPending("C_Sign", 3);
      assertThat(faulty.calls("C_Sign", Count.FORWARDED)).isEqualTo(forwarded);
      for (Future<byte[]> signature : signatures) {
        assertThat(signature.get()).hasSize(64);
      }
    } finally {
      pool.shutdown();
    }
    assertThat(System.nanoTime() - started).isGreaterThanOrEqualTo(delay.toNanos());
    faulty.delaySigning(Duration.ZERO);
    assertThat(control()).isEmpty();
  }

  @Test
  void limitSessions_oneMore_isRefusedUntilOneIsClosed() throws Exception {
    faulty.limitSessions(2);
    long second = open();
    fails(CKR_SESSION_COUNT, this::open);
    module.close(second);
    long third = open();
    assertThat(third).isNotEqualTo(second);
    fails(CKR_SESSION_HANDLE_INVALID, () -> module.state(second));
  }

  @Test
  void fail_twice_thenGoesOn() throws Exception {
    long key = find("red");
    long forwarded = faulty.calls("C_Sign", Count.FORWARDED);
    faulty.fail("C_Sign", CKR_DEVICE_ERROR, 2);
    module.signInit(session, key);
    fails(CKR_DEVICE_ERROR, () -> module.signDigest(session));
    fails(CKR_DEVICE_ERROR, () -> module.signDigest(session));
    assertThat(faulty.calls("C_Sign", Count.FORWARDED)).isEqualTo(forwarded);
    assertThat(module.signDigest(session)).hasSize(64);
  }

  @Test
  void fail_twoLines_oneAfterTheOther() throws Exception {
    faulty.fail("C_GenerateRandom", CKR_DEVICE_ERROR, 1);
    faulty.fail("C_GenerateRandom", CKR_DEVICE_MEMORY, 1);
    fails(CKR_DEVICE_ERROR, this::random);
    // What was counted so far outlives another content of the control file.
    faulty.hide("green");
    fails(CKR_DEVICE_MEMORY, this::random);
    random();
    faulty.fail("C_GenerateRandom", CKR_DEVICE_ERROR, 1);
    assertThat(control()).filteredOn(line -> line.startsWith("fail")).hasSize(1);
    fails(CKR_DEVICE_ERROR, this::random);
  }

  @Test
  void fail_manyTimes_hasRoomAgainForTheSpent() throws Exception {
    for (int i = 0; i < 1_100; i++) {
      faulty.fail("C_GenerateRandom", CKR_DEVICE_ERROR, 1);
      fails(CKR_DEVICE_ERROR, this::random);
    }
    random();
  }

  @Test
  void fail_moreThanThereIsRoomFor_isRefused() throws Exception {
    for (int i = 0; i < 64; i++) {
      faulty.fail("C_SeedRandom", CKR_DEVICE_ERROR, 1);
    }
    assertThatThrownBy(() -> faulty.fail("C_SeedRandom", CKR_DEVICE_ERROR, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("at most 64 failures");
    random();
  }

  @Test
  void failAfter_theSecond_isTheOneThatFails() throws Exception {
    faulty.failAfter("C_GenerateRandom", 1, CKR_DEVICE_MEMORY, 1);
    random();
    fails(CKR_DEVICE_MEMORY, this::random);
    random();
  }

  @Test
  void fail_everyFunction_untilTakenBack() throws Exception {
    faulty.fail(FaultyModule.EVERY_FUNCTION, CKR_GENERAL_ERROR);
    fails(CKR_GENERAL_ERROR, this::random);
    fails(CKR_GENERAL_ERROR, () -> module.tokenLabel(slot));
    assertThat(module.slots()).contains(slot);
    faulty.pass(FaultyModule.EVERY_FUNCTION);
    random();
  }

  @Test
  void hang_whileOthersGoOn_endsWithItsRelease() throws Exception {
    long key = find("red");
    faulty.hang("C_Sign");
    ExecutorService pool = Executors.newSingleThreadExecutor();
    try {
      long own = open();
      Future<byte[]> signature = pool.submit(() -> module.sign(own, key));
      awaitPending("C_Sign", 1);
      random();
      assertThat(signature.isDone()).isFalse();
      faulty.release("C_Sign");
      assertThat(signature.get()).hasSize(64);
    } finally {
      faulty.release("C_Sign");
      pool.shutdown();
    }
  }

  @Test
  void hang_finalisedMeanwhile_findsItsSessionGone() throws Exception {
    long key = find("red");
    faulty.hang("C_Sign");
    ExecutorService pool = Executors.newSingleThreadExecutor();
    try {
      CryptokiClient old = module;
      long own = session;
      old.signInit(own, key);
      Future<byte[]> signature = pool.submit(() -> old.signDigest(own));
      awaitPending("C_Sign", 1);
      old.finish();
      initialise();
      faulty.release("C_Sign");
      assertThatThrownBy(signature::get)
          .cause()
          .satisfies(thrown -> isCode(thrown, CKR_SESSION_HANDLE_INVALID));
    } finally {
      faulty.release("C_Sign");
      pool.shutdown();
    }
  }

  @Test
  void refusePins_manyTries_areNotCountedByTheToken() throws Exception {
    module.logout(session);
    long forwarded = faulty.calls("C_Login", Count.FORWARDED);
    long failed = faulty.calls("C_Login", Count.FAILED);
    faulty.refusePins(CKR_PIN_INCORRECT);
    for (int i = 0; i < MANY_TRIES; i++) {
      fails(CKR_PIN_INCORRECT, this::login);
    }
    assertThat(faulty.calls("C_Login", Count.FAILED) - failed).isEqualTo(MANY_TRIES);
    assertThat(faulty.calls("C_Login", Count.FORWARDED)).isEqualTo(forwarded);
    faulty.pass("C_Login");
    login();
    assertThat(faulty.calls("C_Login", Count.FORWARDED)).isEqualTo(forwarded + 1);
  }

  @Test
  void remove_putBack_staysAwayUntilInitialisedAnew() throws Exception {
    long key = find("red");
    long old = session;
    faulty.remove();
    isAway();
    faulty.restore();
    isAway();
    module.finish();
    initialise();
    fails(CKR_SESSION_HANDLE_INVALID, () -> module.state(old));
    fails(CKR_KEY_HANDLE_INVALID, () -> module.sign(session, key));
    assertThat(module.sign(session, find("red"))).hasSize(64);
  }

  @Test
  void remove_putBackBeforeAnyCall_isNoticed() throws Exception {
    faulty.remove();
    faulty.restore();
    isAway();
  }

  @Test
  void remove_initialisedWhileAway_findsNoToken() throws Exception {
    faulty.remove();
    module.finish();
    load();
    assertThat(module.slots()).isEmpty();
    faulty.restore();
    assertThat(module.slots()).isEmpty();
  }

  @Test
  void removeToken_putBack_isThereWithoutInitialising() throws Exception {
    long key = find("red");
    long old = session;
    faulty.removeToken("another");
    assertThat(module.sign(session, key)).hasSize(64);
    faulty.removeToken("faulty");
    assertThat(module.slots()).doesNotContain(slot);
    fails(CKR_SESSION_HANDLE_INVALID, () -> module.sign(old, key));
    fails(CKR_DEVICE_REMOVED, this::open);
    fails(CKR_TOKEN_NOT_PRESENT, () -> module.tokenLabel(slot));
    faulty.restoreToken("faulty");
    assertThat(module.slots()).contains(slot);
    session = open();
    login();
    assertThat(module.sign(session, find("red"))).hasSize(64);
  }

  @Test
  void purgeSessions_oldSession_isInvalidAndTheLoginGone() throws Exception {
    long key = find("red");
    long old = session;
    faulty.purgeSessions();
    fails(CKR_SESSION_HANDLE_INVALID, () -> module.sign(old, key));
    assertThat(faulty.gauge(Gauge.OPEN_SESSIONS)).isZero();
    session = open();
    assertThat(session).isNotEqualTo(old);
    assertThat(module.privateKeys(session, "red")).isEmpty();
    fails(CKR_USER_NOT_LOGGED_IN, () -> module.generate(session, "green"));
    login();
    assertThat(find("red")).isEqualTo(key);
    assertThat(module.sign(session, key)).hasSize(64);
  }

  @Test
  void purgeSessions_whileThreadsSign_failsThemAndNothingElse() throws Exception {
    long key = find("red");
    List<Long> codes = new ArrayList<>();
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      List<Future<Long>> ends = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        long own = open();
        ends.add(pool.submit(() -> module.signUntilItFails(own, key)));
      }
      long before = faulty.calls("C_Sign", Count.SUCCEEDED);
      await(() -> faulty.calls("C_Sign", Count.SUCCEEDED) > before + 100);
      faulty.purgeSessions();
      for (Future<Long> end : ends) {
        codes.add(end.get());
      }
    } finally {
      pool.shutdown();
    }
    assertThat(codes).hasSize(4).containsOnly(CKR_SESSION_HANDLE_INVALID);
  }

  @Test
  void hide_object_isNotFoundAndItsHandleIsInvalid() throws Exception {
    long key = find("red");
    faulty.hide("red");
    assertThat(module.privateKeys(session, "red")).isEmpty();
    fails(CKR_KEY_HANDLE_INVALID, () -> module.sign(session, key));
    fails(CKR_OBJECT_HANDLE_INVALID, () -> module.label(session, key));
    assertThat(module.sign(session, find("blue"))).hasSize(64);
    // One at a time: hidden objects must not look like the end of the search.
    assertThat(module.tokenObjects(session, 1)).hasSize(2);
    faulty.show("red");
    assertThat(find("red")).isEqualTo(key);
    assertThat(module.sign(session, key)).hasSize(64);
  }

  @Test
  void handles_initialisedAnew_nameOtherObjects() throws Exception {
    List<Long> old = module.tokenObjects(session, 100);
    List<String> oldNames = module.names(session, old);
    assertThat(old).hasSize(4);
    long handedOut = faulty.gauge(Gauge.OBJECT_HANDLES);
    long initialised = faulty.calls("C_Initialize", Count.SUCCEEDED);
    module.finish();
    initialise();
    assertThat(faulty.calls("C_Initialize", Count.SUCCEEDED)).isEqualTo(initialised + 1);
    for (long handle : old) {
      fails(CKR_OBJECT_HANDLE_INVALID, () -> module.label(session, handle));
    }
    List<Long> fresh = module.tokenObjects(session, 100);
    assertThat(faulty.gauge(Gauge.OBJECT_HANDLES)).isEqualTo(handedOut + 4);
    assertThat(fresh).containsExactlyInAnyOrderElementsOf(old);
    List<String> freshNames = module.names(session, old);
    assertThat(freshNames).containsExactlyInAnyOrderElementsOf(oldNames);
    for (int i = 0; i < old.size(); i++) {
      assertThat(freshNames.get(i)).isNotEqualTo(oldNames.get(i));
    }
  }

  @Test
  void handles_objectDestroyed_namesNothing() throws Exception {
    long object = module.createData(session, "pale");
    module.rename(session, object, "green");
    assertThat(module.label(session, object)).isEqualTo("green");
    faulty.hide("green");
    fails(CKR_OBJECT_HANDLE_INVALID, () -> module.label(session, object));
    faulty.show("green");
    module.destroy(session, object);
    fails(CKR_OBJECT_HANDLE_INVALID, () -> module.label(session, object));
  }

  @Test
  void control_notUnderstood_failsEveryCall() throws Exception {
    Files.writeString(folder.resolve("control"), "delay C_Sgin 5\n");
    fails(CKR_GENERAL_ERROR, this::random);
    fails(CKR_GENERAL_ERROR, () -> module.slots());
    faulty.clear();
    random();
  }

  @Test
  void fail_once_isOnceForAllProcesses() throws Exception {
    List<String> tool =
        List.of("pkcs11-tool", "--module", faulty.library().toString(), "--generate-random", "8");
    long calls = faulty.calls("C_GenerateRandom", Count.ENTERED);
    faulty.fail("C_GenerateRandom", CKR_DEVICE_ERROR, 1);
    assertThatThrownBy(() -> ChildProcess.run(Map.of(), tool))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Could not generate random bytes");
    assertThat(faulty.calls("C_GenerateRandom", Count.ENTERED)).isEqualTo(calls + 1);
    random();
  }

  @Test
  void functions_unknown_areRefused() {
    assertThatThrownBy(() -> faulty.hang("C_Sgin")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> faulty.calls(FaultyModule.EVERY_FUNCTION, Count.ENTERED))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void build_relativeModule_isRefused() {
    assertThatThrownBy(() -> FaultyModule.build(folder, Path.of("libsofthsm2.so")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("must be absolute");
  }

  @Test
  void build_whereThereIsOne_isRefused() {
    assertThatThrownBy(() -> FaultyModule.build(folder, FreshTokens.profile().library()))
        .isInstanceOf(FileAlreadyExistsException.class);
  }

  private void isAway() throws Exception {
    assertThat(module.slots()).isEmpty();
    fails(CKR_DEVICE_REMOVED, () -> module.signDigest(session));
    fails(CKR_DEVICE_REMOVED, this::open);
    fails(CKR_DEVICE_REMOVED, this::login);
    fails(CKR_DEVICE_REMOVED, this::random);
    fails(CKR_TOKEN_NOT_PRESENT, () -> module.tokenLabel(slot));
  }

  private void load() throws Exception {
    module = CryptokiClient.initialise(faulty.libraryAs("generation-" + generation++ + ".so"));
  }

  private long open() throws Exception {
    return module.open(slot);
  }

  private void login() throws Exception {
    module.login(session, made.get(0).pinFile());
  }

  private void random() throws Exception {
    module.random(session);
  }

  private long find(String label) throws Exception {
    List<Long> found = module.privateKeys(session, label);
    assertThat(found).hasSize(1);
    return found.get(0);
  }

  /** What is in the control file but for events, which stay. */
  private static List<String> control() throws IOException {
    return Files.readAllLines(folder.resolve("control")).stream()
        .filter(line -> !line.startsWith("removals ") && !line.startsWith("purge "))
        .toList();
  }

  private static void awaitPending(String function, long calls) throws Exception {
    await(
        () ->
            faulty.calls(function, Count.ENTERED)
                    - faulty.calls(function, Count.SUCCEEDED)
                    - faulty.calls(function, Count.FAILED)
                == calls);
  }

  /** The class's time limit ends it. */
  private static void await(Callable<Boolean> condition) throws Exception {
    while (!condition.call()) {
      Thread.sleep(1);
    }
  }

  private static <T> List<T> inParallel(int threads, Callable<T> work) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<T> results = new ArrayList<>();
      for (Future<T> end : pool.invokeAll(Collections.nCopies(threads, work))) {
        results.add(end.get());
      }
      return results;
    } finally {
      pool.shutdown();
    }
  }
}
