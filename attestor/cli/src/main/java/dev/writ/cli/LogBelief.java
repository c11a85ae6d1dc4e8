// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.PinnedTls;
import dev.writ.artifact.CheckpointVerifier;
import dev.writ.artifact.TrustFile;
import dev.writ.tlog.CheckpointOutcome;
import dev.writ.tlog.LogPolicy;
import dev.writ.tlog.MalformedLogPolicyException;
import dev.writ.tlog.SignedNote;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;

/** Whose checkpoints of a log are believed. */
interface LogBelief {
  /** Whether this one is, as of {@code now}. */
  CheckpointOutcome judge(SignedNote note, Instant now);

  /** Whom to believe as the log's server: nobody has to be, and a trust file pins its service. */
  Optional<SSLContext> tls();

  /** The trust file, where it is one that is believed. */
  Optional<TrustFile> trust();

  /**
   * Any of these keys, each for the log of its name.
   *
   * @param vkeys C2SP verifier keys of types 0x01, 0x02 or 0x05
   */
  static LogBelief keys(List<String> vkeys) throws CommandFailure {
    String text =
        vkeys.stream().map(vkey -> "log " + vkey + "\n").collect(Collectors.joining())
            + "quorum none\n";
    LogPolicy policy;
    try {
      policy = LogPolicy.parse(text);
    } catch (MalformedLogPolicyException e) {
      throw CommandFailure.usage(
          "--log must be a verifier key, NAME+ID+BASE64, was not: " + e.getMessage());
    }
    return new LogBelief() {
      @Override
      public CheckpointOutcome judge(SignedNote note, Instant now) {
        return policy.verifyCheckpoint(note);
      }

      @Override
      public Optional<SSLContext> tls() {
        return Optional.empty();
      }

      @Override
      public Optional<TrustFile> trust() {
        return Optional.empty();
      }
    };
  }

  /** Whom a trust file believes: its log policy, each key in its window. */
  static LogBelief of(TrustFile trust) {
    CheckpointVerifier verifier = CheckpointVerifier.of(trust);
    return new LogBelief() {
      @Override
      public CheckpointOutcome judge(SignedNote note, Instant now) {
        return verifier.verify(note, now);
      }

      @Override
      public Optional<SSLContext> tls() {
        return trust.content().tls().isEmpty()
            ? Optional.empty()
            : Optional.of(PinnedTls.of(trust.content().tls(), Clock.systemUTC()).context());
      }

      @Override
      public Optional<TrustFile> trust() {
        return Optional.of(trust);
      }
    };
  }
}
