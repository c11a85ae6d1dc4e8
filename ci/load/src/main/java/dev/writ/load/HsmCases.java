// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.fixtures.FaultyModule;
import dev.writ.fixtures.FaultyModule.Count;
import dev.writ.fixtures.FaultyModule.Gauge;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;

/** What befalls the HSM of a running service, one after the other. */
final class HsmCases {
  /** The profile's: how long a call may take before the token counts as away. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** The profile's longest pause between two tries, and time for one. */
  private static final Duration NEXT_TRY = Duration.ofMillis(1_500);

  /** So much longer than the patience that who waited for it would be late. */
  private static final Duration HANG = Duration.ofSeconds(4);

  private static final Duration BLINK = Duration.ofMillis(300);

  /** The profile's keepalive, and time to use what is there again. */
  private static final Duration TRIED_AGAIN = Duration.ofSeconds(15);

  /** The login's, and one that signs: fewer than the service signs with at once. */
  private static final int FEW_SESSIONS = 2;

  private static final Duration RECONNECTED = Duration.ofMillis(700);
  private static final Duration SLOW = Duration.ofMillis(30);

  /** The key that signs once the first was rotated, which comes before these cases. */
  private static final String ISSUER = "writ-issuer-2";

  private static final String NOT_THE_PIN = "17-this-is-another-PIN";
  private static final String NOR_THIS = "18-and-so-is-this";

  private final FaultyModule module;
  private final Path pinFile;
  private final boolean isShort;
  private final Duration away;

  HsmCases(FaultyModule module, Path pinFile, boolean isShort) {
    this.module = module;
    this.pinFile = pinFile;
    this.isShort = isShort;
    this.away = Duration.ofSeconds(isShort ? 1 : 5);
  }

  /** Lets it happen, and says when the HSM was back ({@link System#nanoTime}), and what it saw. */
  @FunctionalInterface
  interface Script {
    long play(List<String> problems) throws IOException, InterruptedException;
  }

  /**
   * One case.
   *
   * @param unnoticed how long the service need not know
   * @param isSeen whether it lasts long enough to be seen by who asks now and then
   */
  record Case(String name, Duration unnoticed, boolean isSeen, Script script) {}

  List<Case> all() {
    return List.of(
        new Case("device removed", Duration.ZERO, true, this::remove),
        new Case("sessions purged", Duration.ZERO, false, this::purge),
        new Case("C_Sign hangs", PATIENCE, true, this::hang),
        new Case("PIN refused", Duration.ZERO, true, this::refusePin),
        new Case("key gone", Duration.ZERO, true, this::hideKey),
        new Case("fewer sessions than turns", Duration.ZERO, false, this::limitSessions));
  }

  /** Every PIN that the service was given. */
  List<String> pins() throws IOException {
    return List.of(Files.readString(pinFile).strip(), NOT_THE_PIN, NOR_THIS);
  }

  private long remove(List<String> problems) throws IOException, InterruptedException {
    module.remove();
    sleep(away);
    module.restore();
    return System.nanoTime();
  }

  private long purge(List<String> problems) throws IOException {
    module.purgeSessions();
    return System.nanoTime();
  }

  private long hang(List<String> problems) throws IOException, InterruptedException {
    module.hang("C_Sign");
    sleep(HANG);
    module.release("C_Sign");
    return System.nanoTime();
  }

  /** The device blinks while the file holds a PIN that is not the token's, and then another. */
  private long refusePin(List<String> problems) throws IOException, InterruptedException {
    String right = Files.readString(pinFile);
    long shown = module.calls("C_Login", Count.ENTERED);
    putPin(NOT_THE_PIN + "\n");
    module.remove();
    sleep(BLINK);
    module.restore();
    sleep(NEXT_TRY.plus(away));
    requireShown(shown + 1, problems);
    putPin(NOR_THIS + "\n");
    sleep(NEXT_TRY.plus(isShort ? Duration.ZERO : away));
    requireShown(shown + 2, problems);
    putPin(right);
    return System.nanoTime();
  }

  private void requireShown(long calls, List<String> problems) throws IOException {
    long were = module.calls("C_Login", Count.ENTERED);
    if (were != calls) {
      problems.add(
          "each PIN must be shown once, C_Login calls must be " + calls + ", were " + were);
    }
  }

  /** As an operator does who is careful: the service sees the one or the other, and nothing between. */
  private void putPin(String content) throws IOException {
    Path fresh = pinFile.resolveSibling("pin.new");
    Files.createFile(
        fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(fresh, content);
    Files.move(fresh, pinFile, StandardCopyOption.ATOMIC_MOVE);
  }

  private long hideKey(List<String> problems) throws IOException, InterruptedException {
    module.hide(ISSUER);
    sleep(away);
    module.show(ISSUER);
    return System.nanoTime();
  }

  /** The connection after the purge finds fewer sessions than turns, and signs with what there is. */
  private long limitSessions(List<String> problems) throws IOException, InterruptedException {
    long refused = module.calls("C_OpenSession", Count.FAILED);
    module.limitSessions(FEW_SESSIONS);
    module.purgeSessions();
    long returned = System.nanoTime();
    sleep(RECONNECTED);
    // At any rate there are then more signatures under way at once than sessions.
    module.delaySigning(SLOW);
    sleep(SLOW.multipliedBy(10));
    module.delaySigning(Duration.ZERO);
    sleep(away);
    if (module.calls("C_OpenSession", Count.FAILED) == refused) {
      problems.add("the limit must be felt, and no session was refused");
    }
    module.clear();
    if (!isShort) {
      requireMoreSessions(problems);
    }
    return returned;
  }

  private void requireMoreSessions(List<String> problems) throws IOException, InterruptedException {
    long end = System.nanoTime() + TRIED_AGAIN.toNanos();
    while (module.gauge(Gauge.OPEN_SESSIONS) <= FEW_SESSIONS) {
      if (System.nanoTime() - end > 0) {
        problems.add("sessions that are there again must be used, and were not");
        return;
      }
      sleep(BLINK);
    }
  }

  private static void sleep(Duration duration) throws InterruptedException {
    Thread.sleep(duration.toMillis());
  }
}
