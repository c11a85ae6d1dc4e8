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
   * Takes one use of an artifact that the service judges. A question takes one, however often it is asked.
   *
   * @param asked the commitment to the question, as the leaf has it
   * @param maxUses how many there are in all, at least 1
   */
  record RecordUse(UuidV7 jti, Hash asked, long maxUses) implements StateChange {
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
   * @param subject SHA-256 of the UTF-8 of its {@code sub}, kept with its bit
   */
  record RecordArtifact(
      UuidV7 jti,
      Instant expires,
      Optional<StatusIndex> status,
      Optional<SetLastSeen> host,
      Optional<Hash> subject)
      implements StateChange {
    /** Cuts the time to the millisecond. */
    public RecordArtifact {
      expires = expires.truncatedTo(ChronoUnit.MILLIS);
    }

    /** An artifact of no host: no {@link VoidArtifacts} finds it. */
    public RecordArtifact(UuidV7 jti, Instant expires, Optional<StatusIndex> status) {
      this(jti, expires, status, Optional.empty());
    }

    /** An artifact of no workload: no {@link ArtifactScope.OfWorkload} has it. */
    public RecordArtifact(
        UuidV7 jti, Instant expires, Optional<StatusIndex> status, Optional<SetLastSeen> host) {
      this(jti, expires, status, host, Optional.empty());
    }
  }

  /**
   * Records that the artifact of the same entry was issued under another, which was decided before and ends
   * no earlier. The uses that all draw of one execution stay within {@code mostUses}: else the entry is
   * {@link CommitOutcome.Superseded} by {@link CommitOutcome.DelegationSpent}. That the parent is live is
   * {@link Precondition.ParentLive}'s.
   *
   * @param jti the child's, recorded by a {@link RecordArtifact} before it in the entry
   * @param drawnOf what the parent's execution began with: the parent, or what that renews
   * @param uses how many it draws
   * @param mostUses how many there are in all
   */
  record RecordDescent(UuidV7 jti, UuidV7 parent, UuidV7 drawnOf, long uses, long mostUses)
      implements StateChange {
    /** Checks the numbers. */
    public RecordDescent {
      require(
          uses >= 0 && uses <= mostUses,
          "uses must be from 0 to " + mostUses + ", the most, were " + uses);
    }
  }

  /**
   * Revokes an artifact that was recorded, expired or not, and all under it that have neither ended nor been
   * revoked; a second time is refused. Every {@link StatusSnapshot} after it has their bits, as long as those
   * count.
   */
  record RevokeArtifact(UuidV7 jti) implements StateChange {}

  /**
   * Revokes all artifacts of a host, and all under them, that have neither ended nor been revoked; of none,
   * too. {@link StatusSnapshot}s show it as they do {@link RevokeArtifact}.
   *
   * @param fromIndex least leaf that may have decided for one: whatever those before it decided for, and has not
   *     ended, must be revoked already
   */
  record VoidArtifacts(AkName akName, long fromIndex) implements StateChange {
    /** Whichever leaf decided for them. */
    public VoidArtifacts(AkName akName) {
      this(akName, 0);
    }
  }

  /**
   * Revokes all artifacts that leaves of a range decided for, and all under them, that have neither ended nor
   * been revoked; of none, too. {@link StatusSnapshot}s show it as they do {@link RevokeArtifact}.
   *
   * @param fromIndex first leaf of the range
   * @param beforeIndex first leaf after it, at least {@code fromIndex}
   */
  record VoidArtifactsBetween(long fromIndex, long beforeIndex) implements StateChange {
    /** Checks the order. */
    public VoidArtifactsBetween {
      require(
          fromIndex >= 0 && fromIndex <= beforeIndex,
          "a range of leaves must begin at 0 or later and end no earlier than it begins, was "
              + fromIndex
              + " to "
              + beforeIndex);
    }
  }

  /**
   * Revokes those artifacts of a scope that end between two times, and all under them, that have neither ended nor
   * been revoked; of none, too. {@link StatusSnapshot}s show it as they do {@link RevokeArtifact}.
   *
   * @param scope where it is a host, those of it that have bits
   * @param fromEnd the least {@code exp}
   * @param beforeEnd the least that is too late
   */
  record VoidScope(ArtifactScope scope, Instant fromEnd, Instant beforeEnd)
      implements StateChange {}

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
      akPublic = bounded("a public area", akPublic, MAX_PUBLIC_BYTES);
    }

    @Override
    public byte[] akPublic() {
      return akPublic.clone();
    }
  }

  /** Gives an enrolled host another state than it has. {@link HostState#REVOKED} is the last. */
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
      position = bounded("a position", position, MeasuredList.MAX_POSITION_BYTES);
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
      log = bounded("a boot log", log, KeptBootLog.MAX_BYTES);
    }

    @Override
    public byte[] log() {
      return log.clone();
    }
  }

  /**
   * Introduces a key of the service, or gives it the next state or another window. Its role stays.
   *
   * <pre>
   * PREPUBLISHED  is the first state, or stays
   * ACTIVE        is the first state, or follows PREPUBLISHED, or stays
   * RETIRING      follows ACTIVE, or stays
   * RETIRED       follows RETIRING or PREPUBLISHED, or stays
   * DESTROYED     follows RETIRED or PREPUBLISHED, or stays
   * COMPROMISED   follows each of these, and is the last
   * </pre>
   *
   * <p>Refused where the entry leaves two active keys of one role, in whatever order its changes stand;
   * of {@link KeyRole#CHECKPOINT} there may be two, for a checkpoint has a signature of each kind.
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

  /**
   * Proposes an operation. Refused where its digest was proposed before, where another operation on its
   * subject is open (one past its end, too, until it is {@linkplain EndOperation ended}), where as many
   * are open as may be, of this proposer or in all ({@link OperationRecord#MAX_OPEN}), and where the leaf
   * is not from before {@code expires}.
   *
   * @param operation digest by which it is approved: the ledger takes it as given
   * @param document what is to be done, 1 to 614400 bytes
   * @param subject what it changes, 1 to 64 visible ASCII characters
   * @param proposer who proposes it, and so does not approve it
   * @param expires first moment at which it cannot be approved any more
   */
  record ProposeOperation(
      Hash operation, byte[] document, String subject, Optional<Hash> proposer, Instant expires)
      implements StateChange {
    /** Checks the lengths, copies the bytes and cuts the time to the millisecond. */
    public ProposeOperation {
      document = bounded("an operation", document, OperationRecord.MAX_DOCUMENT_BYTES);
      require(
          !subject.isEmpty()
              && subject.length() <= OperationRecord.MAX_SUBJECT
              && subject.chars().allMatch(c -> c > ' ' && c <= '~'),
          "a subject must have 1 to 64 visible ASCII characters, had " + subject.length());
      expires = expires.truncatedTo(ChronoUnit.MILLIS);
    }

    @Override
    public byte[] document() {
      return document.clone();
    }
  }

  /**
   * Approves an operation. Refused where it is unknown, has ended, or the leaf is not from before its
   * end in time; where the approver proposed it; and where the approver has approved it.
   *
   * @param approver who approves, by the thumbprint of their key
   * @param statement what they signed, 1 to 8192 bytes
   */
  record ApproveOperation(Hash operation, Hash approver, byte[] statement) implements StateChange {
    /** Checks the length and copies the bytes. */
    public ApproveOperation {
      statement = bounded("a statement", statement, OperationRecord.MAX_STATEMENT_BYTES);
    }

    @Override
    public byte[] statement() {
      return statement.clone();
    }
  }

  /** Ends an operation that is open, which frees its subject. */
  record EndOperation(Hash operation, OperationEnd end) implements StateChange {}

  /**
   * Ends an operation as {@link OperationEnd#WITHDRAWN}. Refused where it is unknown, has ended, or the
   * leaf is not from before its end in time; and where it has {@code threshold} approvals: what enough
   * approved is done, and may be under way.
   */
  record WithdrawOperation(Hash operation, int threshold) implements StateChange {}

  /**
   * Records an approval of a request. Refused where the statement was recorded before, used or not; where
   * one of the approver's for this request and policy holds and is not used; where {@link
   * RecordedApproval#MAX_OPEN} hold; and where the leaf is not from before its end.
   *
   * @param statement SHA-256 of what was signed
   * @param request the request's digest
   * @param policy digest of the policy under which it counts
   * @param approver by the thumbprint of their key
   * @param expires first moment at which it is worth nothing any more
   */
  record RecordApproval(Hash statement, Hash request, Hash policy, Hash approver, Instant expires)
      implements StateChange {
    /** Cuts the time to the millisecond. */
    public RecordApproval {
      expires = expires.truncatedTo(ChronoUnit.MILLIS);
    }
  }

  /**
   * Uses an approval up for the entry's decision: only one entry ever does, from before its end. Else the
   * entry is {@link CommitOutcome.Superseded} by {@link CommitOutcome.ApprovalGone}.
   */
  record UseApproval(Hash statement, Hash request, Hash policy) implements StateChange {}

  /**
   * Lets the leaf's own time be the newest, though one of a later time was recorded. Refused where the
   * newest time is not {@code newest}.
   */
  record AcceptClock(Instant newest) implements StateChange {}

  /**
   * Publishes a version of the trust file.
   *
   * @param version of the first any from 1 on, later one more than the greatest
   * @param trustFile 1 to 524288 bytes
   */
  record PublishTrust(long version, byte[] trustFile) implements StateChange {
    /** Checks number and length and copies the bytes. */
    public PublishTrust {
      require(version >= 1, "a trust file's version must be at least 1, was " + version);
      trustFile = bounded("a trust file", trustFile, PublishedTrust.MAX_BYTES);
    }

    @Override
    public byte[] trustFile() {
      return trustFile.clone();
    }
  }

  /** Puts a version of the trust file in force that was published, greater than the one in force. */
  record PutTrustInForce(long version) implements StateChange {}

  /** Changes the mode of the service, or the record of a break-glass. */
  record ChangeGovernance(GovernanceChange change) implements StateChange {}

  /** Notes that the leaf is of a start of the service. */
  record RecordStart() implements StateChange {}

  private static byte[] bounded(String what, byte[] bytes, int most) {
    require(
        bytes.length >= 1 && bytes.length <= most,
        what + " must have 1 to " + most + " bytes, had " + bytes.length);
    return bytes.clone();
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
