// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.Octets;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.TpmName;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/**
 * Makes challenges and recognizes them. Nothing is stored until one is used: the MAC says that it is
 * ours, for which attestation key, and until when.
 */
final class Challenges {
  /** How long a challenge may be answered. */
  static final Duration VALIDITY = Duration.ofSeconds(60);

  private static final String LABEL = "writ-challenge-v1";

  private final ServiceSecret secret;
  private final InstantSource clock;
  private final SecureRandom random;

  Challenges(ServiceSecret secret, InstantSource clock, SecureRandom random) {
    this.secret = secret;
    this.clock = clock;
    this.random = random;
  }

  Challenge issue(TpmName akName, PcrSelection selection, long epoch) {
    byte[] nonceBytes = new byte[Challenge.NONCE_BYTES];
    random.nextBytes(nonceBytes);
    Octets nonce = Octets.of(nonceBytes);
    Instant expires = Instant.ofEpochMilli(clock.millis()).plus(VALIDITY);
    byte[] mac = secret.mac(LABEL, Challenge.macInput(nonce, expires, selection, epoch, akName));
    return new Challenge(nonce, expires, selection, epoch, Octets.of(mac));
  }

  /** Whether we made it, for this attestation key; nothing more is told apart. */
  boolean isOurs(Challenge challenge, TpmName akName) {
    return secret.isOurs(LABEL, challenge.macInput(akName), challenge.mac().bytes());
  }

  /** When a challenge of ours was made. */
  static Instant issued(Challenge ours) {
    return ours.expires().minus(VALIDITY);
  }

  /** How long ago a challenge of ours was made. */
  Duration age(Challenge ours) {
    return Duration.between(issued(ours), clock.instant());
  }

  /**
   * Why a challenge of ours is too late; empty if it is not.
   *
   * @param epoch of the policy in force
   */
  Optional<Denial> late(Challenge ours, long epoch) {
    return late(ours, epoch, clock.instant());
  }

  /** The same at any time. */
  static Optional<Denial> late(Challenge ours, long epoch, Instant now) {
    if (!now.isBefore(ours.expires())) {
      return Optional.of(
          new Denial(
              DenialCode.EXPIRED,
              "challenge_expired",
              "the challenge must be answered before " + ours.expires() + "; ask again"));
    }
    return ours.epoch() == epoch
        ? Optional.empty()
        : Optional.of(
            new Denial(
                DenialCode.POLICY_MISMATCH,
                "challenge_of_earlier_epoch",
                "the challenge must be of policy epoch "
                    + epoch
                    + ", was of "
                    + ours.epoch()
                    + "; ask again"));
  }
}
