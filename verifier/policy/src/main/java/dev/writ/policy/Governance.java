// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Under whose authority the request stands.
 *
 * @param initiator the person or service that started the chain of executions; absent if unknown
 * @param approvals approvals of this very request that hold, each verified by the caller
 * @param mode the mode that the service is in
 * @param epoch the policy epoch in force
 */
public record Governance(
    Optional<String> initiator, List<Approval> approvals, Mode mode, long epoch) {
  static final Struct<Governance> STRUCT =
      Struct.<Governance>named("Governance")
          .field(
              "approvals",
              InputType.listOf(InputType.ofStruct(Approval.STRUCT)),
              Governance::approvals)
          .field("epoch", InputType.INTEGER, Governance::epoch)
          .optional("initiator", InputType.TEXT, Governance::initiator)
          .field("mode", InputType.ofEnum(Mode.class), Governance::mode)
          .build(
              read ->
                  new Governance(
                      read.optional("initiator", InputType.TEXT),
                      read.get("approvals", InputType.listOf(InputType.ofStruct(Approval.STRUCT))),
                      read.get("mode", InputType.ofEnum(Mode.class)),
                      read.get("epoch", InputType.INTEGER)));

  /** Copies the approvals. */
  public Governance {
    approvals = List.copyOf(approvals);
  }

  /** How the service is run while it decides. */
  public enum Mode {
    /** Day to day. */
    NORMAL,
    /** A break-glass quorum is in force. */
    BREAKGLASS,
    /** Operators have frozen changes. */
    FROZEN
  }

  /**
   * One approval of the request.
   *
   * @param approver who approved
   * @param role in which role
   * @param expires until when the approval holds
   */
  public record Approval(String approver, String role, Instant expires) {
    static final Struct<Approval> STRUCT =
        Struct.<Approval>named("Approval")
            .field("approver", InputType.TEXT, Approval::approver)
            .field("expires", InputType.TIME, Approval::expires)
            .field("role", InputType.TEXT, Approval::role)
            .build(
                read ->
                    new Approval(
                        read.get("approver", InputType.TEXT),
                        read.get("role", InputType.TEXT),
                        read.get("expires", InputType.TIME)));
  }
}
