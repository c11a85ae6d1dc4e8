// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import dev.writ.tlog.CheckpointOutcome.Refused;
import dev.writ.tlog.NoteOutcome.Opened;
import dev.writ.tlog.NoteOutcome.VerifiedSignature;
import dev.writ.tlog.TrustedCheckpoint.Cosignature;
import java.nio.charset.StandardCharsets;
import java.security.Provider;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Which logs are believed, and how many witnesses must have seen a checkpoint (c2sp.org/tlog-policy).
 * Immutable; verifies from any number of threads.
 */
public final class LogPolicy {
  /** A log that is believed when its key signed; the key's name is the log's origin. */
  public record Log(NoteKey key, Optional<String> url) {}

  /** A witness; its name means something within the policy alone. */
  public record Witness(String name, NoteKey key, Optional<String> url) {}

  private final List<Log> logs;
  private final List<Witness> witnesses;
  private final Optional<Quorum> quorum;
  private final List<NoteVerifier> verifiers;

  LogPolicy(
      List<Log> logs,
      List<Witness> witnesses,
      Optional<Quorum> quorum,
      Function<NoteKey, NoteVerifier> verifierOf) {
    this.logs = List.copyOf(logs);
    this.witnesses = List.copyOf(witnesses);
    this.quorum = quorum;
    List<NoteVerifier> all = new ArrayList<>();
    logs.forEach(log -> all.add(verifierOf.apply(log.key())));
    witnesses.stream()
        .map(Witness::key)
        // A line of such a key is as one of an unknown key: it neither counts nor refuses the note.
        .filter(key -> key.type().isVerified())
        .forEach(key -> all.add(verifierOf.apply(key)));
    this.verifiers = List.copyOf(all);
  }

  /** Reads a policy, to verify on the platform's own providers. */
  public static LogPolicy parse(String policy) throws MalformedLogPolicyException {
    return LogPolicyParser.parse(policy.getBytes(StandardCharsets.UTF_8), NoteVerifier::of);
  }

  /**
   * Reads a policy, to verify on {@code provider}.
   *
   * @throws IllegalArgumentException if the provider has no SHA256withECDSA for P-256 keys
   */
  public static LogPolicy parse(String policy, Provider provider)
      throws MalformedLogPolicyException {
    return LogPolicyParser.parse(
        policy.getBytes(StandardCharsets.UTF_8), key -> NoteVerifier.of(key, provider));
  }

  /** The logs, any one of which may have signed. */
  public List<Log> logs() {
    return logs;
  }

  /** The witnesses, needed for the quorum or not. */
  public List<Witness> witnesses() {
    return witnesses;
  }

  /** Whether cosignatures of these keys are a quorum; any are under {@code quorum none}. */
  public boolean isQuorum(Set<NoteKey> cosigned) {
    return quorum.isEmpty() || quorum.get().isReachedBy(cosigned);
  }

  /** Whether a checkpoint needs witnesses; it does not under {@code quorum none}. */
  public boolean needsWitnesses() {
    return quorum.isPresent();
  }

  /**
   * Whether {@code note} is a checkpoint to believe: its text is a checkpoint, a log key with the
   * checkpoint's origin as name signed it, no signature of a log or witness of this policy is wrong,
   * and the witnesses that cosigned are a quorum.
   */
  public CheckpointOutcome verifyCheckpoint(SignedNote note) {
    Checkpoint checkpoint;
    try {
      checkpoint = Checkpoint.parse(note.text());
    } catch (MalformedCheckpointException e) {
      return new Refused(e.getMessage());
    }
    NoteOutcome outcome = note.open(verifiers);
    if (outcome instanceof Opened opened) {
      return judge(checkpoint, opened.signatures());
    }
    return new Refused(((NoteOutcome.Refused) outcome).reason());
  }

  private CheckpointOutcome judge(Checkpoint checkpoint, List<VerifiedSignature> signatures) {
    List<NoteKey> logKeys = new ArrayList<>();
    List<Cosignature> cosignatures = new ArrayList<>();
    for (VerifiedSignature line : signatures) {
      NoteKey key = line.key();
      if (key.type() == NoteKeyType.COSIGNATURE_V1) {
        cosignatures.add(
            new Cosignature(key, NoteVerifier.cosignatureTime(line.signature().rawBytes())));
      } else if (key.name().equals(checkpoint.origin())) {
        logKeys.add(key);
      }
    }
    if (logKeys.isEmpty()) {
      return new Refused(
          "a log key of the policy with the origin "
              + MalformedTlogException.quote(checkpoint.origin())
              + " as name must have signed, none has");
    }
    Set<NoteKey> cosigned = new HashSet<>();
    cosignatures.forEach(cosignature -> cosigned.add(cosignature.witness()));
    if (!isQuorum(cosigned)) {
      return new Refused(
          "the cosignatures must reach the policy's quorum, "
              + cosigned.size()
              + " of its witnesses have cosigned");
    }
    return new TrustedCheckpoint(checkpoint, logKeys, cosignatures);
  }

  /** Whether enough witnesses have cosigned. */
  sealed interface Quorum {
    boolean isReachedBy(Set<NoteKey> cosigned);

    /** One witness. */
    record One(NoteKey witness) implements Quorum {
      @Override
      public boolean isReachedBy(Set<NoteKey> cosigned) {
        return cosigned.contains(witness);
      }
    }

    /** At least {@code threshold} of {@code members}. */
    record Group(int threshold, List<Quorum> members) implements Quorum {
      @Override
      public boolean isReachedBy(Set<NoteKey> cosigned) {
        return members.stream().filter(member -> member.isReachedBy(cosigned)).count() >= threshold;
      }
    }
  }
}
