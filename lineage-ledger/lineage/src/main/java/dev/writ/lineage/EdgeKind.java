// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.Wire;

/** What one node has to do with another that it comes from. Every edge points to what was before. */
public enum EdgeKind implements Wire {
  /** request → principal for whom; execution → principal who began it (opened). */
  STARTED_BY("startedBy"),
  /** decision → request. */
  DECIDED_ON("decidedOn"),
  /** decision → policy; enrolment, approval and revocation of many → policy in force then. */
  EVALUATED_UNDER("evaluatedUnder"),
  /** decision → verification of the Evidence; denial → approval that its rules saw. */
  RESTS_ON("restsOn"),
  /** verification → evidence. */
  APPRAISED("appraised"),
  /** request → host that asked. */
  SENT_FROM("sentFrom"),
  /** artifact → decision. */
  ISSUED_FROM("issuedFrom"),
  /** execution → artifact under which it ran. */
  AUTHORIZED_BY("authorizedBy"),
  /** execution → evidence of the host's state when it was permitted; start → evidence. */
  RAN_IN("ranIn"),
  /** execution → digest of what it rests on (opened). */
  USED("used"),
  /** execution → execution under which it was asked for (of older leaves: opened). */
  CHILD_OF("childOf"),
  /** artifact → artifact that its execution began with. */
  RENEWS("renews"),
  /** evidence → attestation key that signed the quote. */
  CERTIFIED_BY("certifiedBy"),
  /** attestation key → endorsement key. */
  BOUND_TO("boundTo"),
  /** host → its attestation key. */
  ATTESTS_WITH("attestsWith"),
  /** host → invitation; allow → approval of the request; operation → approval; key statement → operation. */
  APPROVED_BY("approvedBy"),
  /** approval → principal whom it names. */
  NAMES("names"),
  /** verification → artifact that was shown. */
  VERIFIED("verified"),
  /** verification → key of who asked for it. */
  ASKED_BY("askedBy"),
  /** outcome → execution. */
  OUTCOME_OF("outcomeOf"),
  /** outcome → key that signed the statement. */
  REPORTED_BY("reportedBy"),
  /** enforcement → decision, or verification of an artifact, that denied. */
  ENFORCES("enforces"),
  /**
   * enforcement → artifact, or attestation key, issuer's key, workload or policy of which all artifacts; end or freeze → break-glass, of which
   * all that had not ended.
   */
  WITHDRAWS("withdraws"),
  /** policy → policy, start → start. */
  FOLLOWS("follows"),
  /** policy → key statement, start → key statement. */
  PUBLISHED_UNDER("publishedUnder"),
  /** key statement → key; enforcement → host that was suspended, resumed or retired. */
  STATES("states"),
  /** key statement → key that signs no more, or signs in its place. */
  BESIDE("beside"),
  /** operation → key of the operator who proposed it; approval → key of the operator who approved. */
  SIGNED_BY("signedBy"),
  /** approval of a request → denial that asked for it. */
  ANSWERS("answers"),
  /** approval → operation. */
  STEP_OF("stepOf"),
  /** start → key that it opened. */
  OPENED("opened"),
  /** start, key statement, approval → trust file. */
  TRUSTS("trusts"),
  /** start → checkpoint that it is bound to. */
  STATES_TREE("statesTree");

  private final String wire;

  EdgeKind(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
