// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.AkName;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TlogProof;

/** What became of an entry. Only a {@link Receipt} lets anything be answered with an artifact. */
public sealed interface CommitOutcome {
  /**
   * The entry is durable, its changes are made, and a signed checkpoint covers it.
   *
   * @param index the leaf's place in the log
   * @param inclusion the leaf's path to the checkpoint's root
   * @param checkpoint the newest checkpoint when the entry was answered, with its signatures
   */
  record Receipt(long index, Leaf leaf, InclusionProof inclusion, SignedNote checkpoint)
      implements CommitOutcome {
    /** Path and checkpoint as a proof bundle holds them. */
    public TlogProof tlogProof() {
      return TlogProof.of(inclusion, checkpoint);
    }
  }

  /**
   * Another entry took the nonce, or the last use. Nothing of this one was kept.
   *
   * @param change a {@link StateChange.ConsumeNonce} or a {@link StateChange.RecordUse}
   */
  record Replayed(StateChange change) implements CommitOutcome {}

  /** The decision used state that is no longer so. Nothing was kept: decide once more. */
  record Superseded(Reason reason) implements CommitOutcome {}

  /** What is no longer so. */
  sealed interface Reason permits Precondition, LastSeenMoved, ApprovalGone, DelegationSpent {}

  /** What was last seen of the host is not what a {@link StateChange.SetLastSeen} was judged against. */
  record LastSeenMoved(AkName akName) implements Reason {}

  /** An approval that the decision rests on was used by another, or has ended. */
  record ApprovalGone(Hash statement) implements Reason {}

  /** The uses that the parent may delegate are drawn by other children. */
  record DelegationSpent(UuidV7 parent) implements Reason {}

  /** A change is not possible, now or later. Nothing was kept. */
  record Refused(StateChange change, Refusal why) implements CommitOutcome {}

  /** Why a change is not possible. */
  enum Refusal {
    /** The attestation key is enrolled. */
    AK_NAME_TAKEN,
    /** The endorsement key is enrolled, under this identity or another. */
    EK_TAKEN,
    /** The host's name is another's. */
    HOST_NAME_TAKEN,
    /** No such host is enrolled. */
    HOST_UNKNOWN,
    /** The host is revoked, which is for ever. */
    HOST_REVOKED,
    /** The host has this state. */
    HOST_STATE_HELD,
    /** The instance key is another host's, or certified under another TPM Name. */
    INSTANCE_KEY_TAKEN,
    /** The key has another role. */
    KEY_ROLE_FIXED,
    /** The key is compromised, which is for ever. */
    KEY_COMPROMISED,
    /** No such key was introduced; its first state is prepublished or active. */
    KEY_UNKNOWN,
    /** The state may not follow the one that the key has: {@link StateChange.SetKey} says which may. */
    KEY_STATE_ORDER,
    /** Another key of the role is active, and stays so. */
    KEY_ROLE_OCCUPIED,
    /** The epoch is not the one after that in force. */
    EPOCH_NOT_NEXT,
    /** The artifact's identity was used. */
    JTI_TAKEN,
    /** The status index is another artifact's, whose end with all that follows it is not past. */
    STATUS_INDEX_TAKEN,
    /** The status index is of no block that is reserved until after the artifact's end. */
    STATUS_INDEX_NOT_RESERVED,
    /** The parent was not issued before the child, ends before it, or is of the greatest depth. */
    DESCENT_IMPOSSIBLE,
    /** No such artifact was issued. */
    ARTIFACT_UNKNOWN,
    /** The artifact was revoked before. */
    ALREADY_REVOKED,
    /** The reporter has made this statement, or as many on the artifact as it may. */
    OUTCOME_TAKEN,
    /** The invitation's digest is another's. */
    INVITATION_TAKEN,
    /** There is no such invitation, it names another host, or it is past its end. */
    INVITATION_INVALID,
    /** The invitation was used. */
    INVITATION_SPENT,
    /** The operation was proposed before. */
    OPERATION_TAKEN,
    /** Another operation on the subject is open. */
    OPERATION_SUBJECT_BUSY,
    /** As many operations are open as may be. */
    OPERATIONS_TOO_MANY,
    /** As many operations of the proposer are open as may be. */
    OPERATIONS_TOO_MANY_OF_PROPOSER,
    /** No such operation was proposed. */
    OPERATION_UNKNOWN,
    /** The operation has ended. */
    OPERATION_ENDED,
    /** The leaf is not from before the operation's end in time. */
    OPERATION_EXPIRED,
    /** The operation has as many approvals as it takes. */
    OPERATION_APPROVED,
    /** The approval was recorded before, used since or not. */
    APPROVAL_TAKEN,
    /** Another approval of the same by the same approver holds, and is not used. */
    APPROVAL_HOLDS,
    /** As many approvals of the request hold as may. */
    APPROVALS_TOO_MANY,
    /** The leaf is not from before the approval's end. */
    APPROVAL_EXPIRED,
    /** Who proposed an operation does not approve it. */
    APPROVER_IS_PROPOSER,
    /** The approver has approved the operation. */
    ALREADY_APPROVED,
    /** It is frozen, and nothing overrides that. */
    ALREADY_FROZEN,
    /** Another freeze is in force, or none. */
    FREEZE_NOT_IN_FORCE,
    /** Who uses a grant must name the freeze that is in force, and none where none is. */
    FREEZE_NOT_NAMED,
    /** The order was taken before. */
    ORDER_TAKEN,
    /** The grant was used before. */
    GRANT_USED,
    /** No such grant was used. */
    GRANT_UNKNOWN,
    /** A break-glass must be reviewed before another begins. */
    REVIEW_OVERDUE,
    /** The break-glass is over. */
    BREAKGLASS_OVER,
    /** The break-glass is not over. */
    BREAKGLASS_NOT_OVER,
    /** The break-glass was reviewed before. */
    ALREADY_REVIEWED,
    /** Who used a break-glass does not review it. */
    REVIEWER_IS_USER,
    /** The newest time of any leaf is another. */
    TIME_NOT_NEWEST,
    /** The version is not the one after the greatest that was published. */
    TRUST_NOT_NEXT,
    /** No such version of the trust file was published. */
    TRUST_UNKNOWN,
    /** The version is not greater than the one in force. */
    TRUST_NOT_NEWER
  }

  /**
   * The ledger could not do its part in time. Answer {@code unverifiable}, whatever {@code reached}
   * says.
   *
   * @param reached what is left behind
   * @param code the failing layer's own: SQLite's or SQLState, the signer's, or {@code ledger}
   * @param message what must hold, what was, what to do next
   */
  record Unavailable(Reached reached, String code, String message) implements CommitOutcome {}

  /** How far an entry came that could not be answered. */
  enum Reached {
    /** Nothing of it was kept and nothing will be: it can be sent again as it is. */
    NOT_COMMITTED,
    /**
     * Durable, its changes made, its nonce used, and no checkpoint that covers it was signed in time.
     * The next one will cover it: its leaf stays in the log without anybody having got an answer, and
     * sent again it is {@link Replayed}.
     */
    COMMITTED,
    /**
     * The commit was under way and its end was not seen: it is one of the other two. The store knows;
     * {@link Ledger#artifact} or sending it again tells.
     */
    UNKNOWN
  }
}
