// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.AkName;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * What an entry changes besides the tree, in the same transaction: all of an entry's changes and its
 * leaf come, or none. Times are kept to the millisecond.
 */
public sealed interface StateChange {
  /** Longest name of a host, in characters: that of a DNS name. */
  int MAX_HOST_NAME = 253;

  /** Longest public area of a key, in bytes; an RSA-4096 key has less than 600. */
  int MAX_PUBLIC_BYTES = 4096;

  /**
   * Takes a challenge's nonce. Only one entry ever does, and none that comes after the nonce was
   * purged.
   *
   * @param expires when the challenge ends; the nonce is kept at least until then
   */
  record ConsumeNonce(Hash nonce, Instant expires) implements StateChange {
    /** Cuts the time to the millisecond. */
    public ConsumeNonce {
      expires = expires.truncatedTo(ChronoUnit.MILLIS);
    }
  }

  /**
   * Takes one use of an artifact.
   *
   * @param maxUses how many there are in all, at least 1
   */
  record RecordUse(UuidV7 jti, long maxUses) implements StateChange {
    /** Checks the number. */
    public RecordUse {
      require(maxUses >= 1, "max uses must be at least 1, was " + maxUses);
    }
  }

  /**
   * Records that the entry's leaf decided for this artifact. Its status index must be of a block that
   * is reserved until after its end, and no other artifact's since.
   *
   * @param expires its {@code exp}
   * @param status the bit that withdraws it; empty where no list is published
   * @param host what was seen of the host that it was issued to, recorded with it
   */
  record RecordArtifact(
      UuidV7 jti, Instant expires, Optional<StatusIndex> status, Optional<SetLastSeen> host)
      implements StateChange {
    /** Cuts the time to the millisecond. */
    public RecordArtifact {
      expires = expires.truncatedTo(ChronoUnit.MILLIS);
    }

    /** An artifact of no host: no {@link VoidArtifacts} finds it. */
    public RecordArtifact(UuidV7 jti, Instant expires, Optional<StatusIndex> status) {
      this(jti, expires, status, Optional.empty());
    }
  }

  /**
   * Revokes an artifact that was recorded, expired or not; a second time is refused. Every {@link
   * StatusSnapshot} after it has the artifact's bit, as long as that counts.
   */
  record RevokeArtifact(UuidV7 jti) implements StateChange {}

  /**
   * Revokes all artifacts of a host that have neither ended nor been revoked; of none, too. {@link
   * StatusSnapshot}s show it as they do {@link RevokeArtifact}.
   */
  record VoidArtifacts(AkName akName) implements StateChange {}

  /**
   * Records what was seen of a host's TPM. What it was judged against must still be so: else the entry is
   * {@link CommitOutcome.Superseded} by {@link CommitOutcome.LastSeenMoved}. In one boot the greatest
   * clock stays.
   *
   * @param seen when the quote that says so had come; cut to the millisecond
   * @param anchor since when the clock must advance; cut to the millisecond
   * @param since what it was judged against
   */
  record SetLastSeen(AkName akName, HostClock clock, Instant seen, Instant anchor, Since since)
      implements StateChange {
    /** Cuts the times to the millisecond. */
    public SetLastSeen {
      seen = seen.truncatedTo(ChronoUnit.MILLIS);
      anchor = anchor.truncatedTo(ChronoUnit.MILLIS);
    }
  }

  /** What a quote was judged against. */
  sealed interface Since {
    /** Nothing was seen of the host before. */
    record Nothing() implements Since {}

    /**
     * The boot last seen was the quote's own, by equal counts. Where the clock recorded had been seen
     * before the challenge was made, it is no greater than the quote's; by {@code slack} it may be, where
     * it had been seen no longer before than that.
     *
     * @param challenged when the quote's challenge was made; cut to the millisecond
     * @param slack what the two times may be wrong by
     */
    record SameBoot(Instant challenged, Duration slack) implements Since {
      /** Cuts the time to the millisecond. */
      public SameBoot {
        challenged = challenged.truncatedTo(ChronoUnit.MILLIS);
      }
    }

    /**
     * The boot last seen was another, and nothing was seen since.
     *
     * @param leafIndex {@link LastSeen#leafIndex} of what was seen
     */
    record OtherBoot(long leafIndex) implements Since {}
  }

  /**
   * Records what became of an execution under an artifact. Each statement once; refused where it is
   * there already, and where its reporter has made as many on this artifact as it may.
   *
   * @param reporterKid RFC 7638 thumbprint of the key that signed the report
   * @param statementDigest digest of what was signed
   * @param maxReports how many the reporter may make on this artifact in all, at least 1
   */
  record RecordOutcome(
      UuidV7 jti, Hash reporterKid, ReportedState state, Hash statementDigest, long maxReports)
      implements StateChange {
    /** Checks the number. */
    public RecordOutcome {
      require(maxReports >= 1, "max reports must be at least 1, was " + maxReports);
    }
  }

  /**
   * Invites a host to enrol, once. Refused where a host has the name.
   *
   * @param digest SHA-256 of the invitation's secret
   * @param expires first moment at which it is worth nothing any more
   */
  record AddInvitation(Hash digest, String hostName, Instant expires) implements StateChange {
    /** Checks the name and cuts the time to the millisecond. */
    public AddInvitation {
      requireHostName(hostName);
      expires = expires.truncatedTo(ChronoUnit.MILLIS);
    }
  }

  /**
   * Uses an invitation up: only one entry ever does, the leaf of which is from before its end, and
   * only for the host that it names.
   */
  record RedeemInvitation(Hash digest, String hostName) implements StateChange {
    /** Checks the name. */
    public RedeemInvitation {
      requireHostName(hostName);
    }
  }

  /**
   * Enrols a host. Its three names must all be free: a second identity for one endorsement key and a
   * second endorsement key for one identity are refused alike.
   *
   * @param ekDigest SHA-256 of its endorsement key's SubjectPublicKeyInfo (RFC 5280, 4.1)
   * @param akPublic its attestation key's TPMT_PUBLIC, as received
   */
  record RegisterHost(AkName akName, Hash ekDigest, String name, byte[] akPublic)
      implements StateChange {
    /** Checks the lengths and copies the bytes. */
    public RegisterHost {
      requireHostName(name);
      require(
          akPublic.length >= 1 && akPublic.length <= MAX_PUBLIC_BYTES,
          "a public area must have 1 to 4096 bytes, had " + akPublic.length);
      akPublic = akPublic.clone();
    }

    @Override
    public byte[] akPublic() {
      return akPublic.clone();
    }
  }

  /** Gives an enrolled host another state. {@link HostState#REVOKED} is the last. */
  record SetHostState(AkName akName, HostState state) implements StateChange {}

  /**
   * Records that a host's certification of a key was verified. Of no effect if the same was recorded
   * before; refused if the key is another host's.
   *
   * @param keyName SHA-256 of the key's TPM Name
   * @param jkt RFC 7638 thumbprint of its public key
   */
  record RegisterInstanceKey(AkName akName, Hash keyName, Hash jkt) implements StateChange {}

  /**
   * Records how far a host's measurement list was verified, in place of what was recorded before.
   *
   * @param boot of the host: its TPM's reset count and restart count, 32 bits each
   * @param judgedBy digest of what its entries were judged by
   * @param position in the verifier's own encoding, 1 to 4096 bytes
   */
  record SetMeasuredList(AkName akName, long boot, Hash judgedBy, byte[] position)
      implements StateChange {
    /** Checks the length and copies the bytes. */
    public SetMeasuredList {
      require(
          position.length >= 1 && position.length <= MeasuredList.MAX_POSITION_BYTES,
          "a position must have 1 to 4096 bytes, had " + position.length);
      position = position.clone();
    }

    @Override
    public byte[] position() {
      return position.clone();
    }
  }

  /**
   * Keeps a host's boot log beside the entry's payload. Of no effect where this host, boot and decision
   * have it already; else older ones give way, as {@link KeptBootLog.Decision} says.
   *
   * @param boot of the host: its TPM's reset count
   * @param digest SHA-256 of {@code log}
   * @param log in the verifier's own encoding, 1 to 1048576 bytes
   */
  record KeepBootLog(
      AkName akName, KeptBootLog.Decision decision, long boot, Hash digest, byte[] log)
      implements StateChange {
    /** Checks the length and copies the bytes. */
    public KeepBootLog {
      require(
          log.length >= 1 && log.length <= KeptBootLog.MAX_BYTES,
          "a boot log must have 1 to 1048576 bytes, had " + log.length);
      log = log.clone();
    }

    @Override
    public byte[] log() {
      return log.clone();
    }
  }

  /**
   * Introduces a key of the service or gives it another state or window. Its role stays, and {@link
   * KeyState#COMPROMISED} is the last state.
   *
   * @param notBefore first moment at which it may sign
   * @param notAfter first moment at which it may not any more
   */
  record SetKey(Hash kid, KeyRole role, KeyState state, Instant notBefore, Instant notAfter)
      implements StateChange {
    /** Cuts the times to the millisecond and checks their order. */
    public SetKey {
      notBefore = notBefore.truncatedTo(ChronoUnit.MILLIS);
      notAfter = notAfter.truncatedTo(ChronoUnit.MILLIS);
      require(
          notBefore.isBefore(notAfter),
          "a key's window must end after it begins, was " + notBefore + " to " + notAfter);
    }
  }

  /**
   * Puts the next policy set in force.
   *
   * @param epoch one more than the epoch in force; 1 is the first
   * @param raisesMinimum whether artifacts of the epochs before it count no more
   */
  record SetEpoch(long epoch, Hash policyDigest, boolean raisesMinimum) implements StateChange {
    /** Checks the number. */
    public SetEpoch {
      require(epoch >= 1, "an epoch must be at least 1, was " + epoch);
    }

    /** A policy set under which artifacts of those before it still count. */
    public SetEpoch(long epoch, Hash policyDigest) {
      this(epoch, policyDigest, false);
    }
  }

  private static void requireHostName(String name) {
    require(
        !name.isBlank() && name.length() <= MAX_HOST_NAME,
        "a host's name must have 1 to 253 characters, had " + name.length());
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }
}
