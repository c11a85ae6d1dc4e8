// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What became of the PINs that this process has shown to tokens: tokens lock after a few wrong ones, and
 * whatever retries a failed start, or a login after a loss, must not bring that about.
 *
 * <p>Kept as HMACs under a key of this process, since a PIN that a token refuses is often another
 * token's right one.
 */
final class ShownPins {
  private static final String HMAC = "HmacSHA256";
  private static final int KEY_BYTES = 32;

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(10);

  private final SecretKeySpec key;
  private final LongSupplier nanos;
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();

  /** Why a PIN must not be shown to a token, for now or for ever. */
  sealed interface Answer {
    /** The token said that it is wrong, or has run out. */
    record Refused() implements Answer {}

    /** The token had locked, or locked at this PIN. */
    record Locked() implements Answer {}

    /**
     * The token said something else, which may mean the same: each time it is let alone four times as
     * long.
     *
     * @param until on the scale of the clock
     */
    record Unclear(String code, Duration pause, long until) implements Answer {}
  }

  /**
   * No PIN was shown yet.
   *
   * @param nanos a clock such as {@link System#nanoTime}
   */
  ShownPins(SecureRandom random, LongSupplier nanos) {
    byte[] bytes = new byte[KEY_BYTES];
    random.nextBytes(bytes);
    this.key = new SecretKeySpec(bytes, HMAC);
    this.nanos = nanos;
  }

  void refused(Path library, String tokenLabel, Pin pin) {
    answers.put(fingerprint(library, tokenLabel, pin), new Answer.Refused());
  }

  void locked(Path library, String tokenLabel, Pin pin) {
    answers.put(fingerprint(library, tokenLabel, pin), new Answer.Locked());
  }

  void unclear(Path library, String tokenLabel, Pin pin, ReturnValue said) {
    String shown = fingerprint(library, tokenLabel, pin);
    Duration pause =
        answers.get(shown) instanceof Answer.Unclear before
            ? before.pause().multipliedBy(4)
            : FIRST_PAUSE;
    Duration bounded = pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
    answers.put(
        shown, new Answer.Unclear(said.name(), bounded, nanos.getAsLong() + bounded.toNanos()));
  }

  void accepted(Path library, String tokenLabel, Pin pin) {
    answers.remove(fingerprint(library, tokenLabel, pin));
  }

  /** Why the PIN must not be shown now, if it must not. */
  Optional<Answer> objection(Path library, String tokenLabel, Pin pin) {
    Answer answer = answers.get(fingerprint(library, tokenLabel, pin));
    return answer instanceof Answer.Unclear unclear && nanos.getAsLong() - unclear.until() >= 0
        ? Optional.empty()
        : Optional.ofNullable(answer);
  }

  private String fingerprint(Path library, String tokenLabel, Pin pin) {
    try {
      Mac mac = Mac.getInstance(HMAC);
      mac.init(key);
      mac.update((library + "\0" + tokenLabel + "\0").getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(mac.doFinal(pin.bytes()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has " + HMAC + "; this one has not", e);
    }
  }
}
