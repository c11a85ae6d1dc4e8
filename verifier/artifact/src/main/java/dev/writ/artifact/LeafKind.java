// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What a leaf records. A kind that is not here is refused, so that no reader guesses at its body. */
public enum LeafKind implements Wire {
  /** A host was admitted. */
  ENROLMENT("enrolment"),
  /** An operator suspended, resumed or retired a host. */
  HOST("host"),
  /** A request was allowed: the only kind that makes an artifact valid. */
  DECISION_ALLOW("decision.allow"),
  /** A request was denied. */
  DECISION_DENY("decision.deny"),
  /** An artifact was shown, and the service judged it as a gateway does. */
  VERIFICATION("verification"),
  /** What an enforcement point was told that showed no Evidence: no artifact comes of it. */
  EVALUATION("evaluation"),
  /** How an execution ended, as its holder or a gateway reports it. */
  OUTCOME("outcome"),
  /** An artifact was withdrawn, or all that a host had from a boot. */
  REVOCATION("revocation"),
  /** An operator, or an approver of a request, let something happen. */
  APPROVAL("approval"),
  /** What was refused without a leaf of its own, counted. */
  SUMMARY("summary"),
  /** A policy came into force. */
  POLICY("policy"),
  /** A key came into use or changed its state. */
  KEY("key");

  private final String wire;

  LeafKind(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
