// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.MalformedEnvelopeException;
import dev.writ.artifact.PolicyEnvelope;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A policy as it is given: configured, published, or read from beside its leaf. It is in the envelope that
 * its author and its approvers signed, or, where nobody has to sign, by itself. That somebody signed is
 * not said by one.
 */
public final class GivenPolicy {
  /** Longest, in bytes: a document by itself may be as long as an envelope. */
  public static final int MAX_BYTES = PolicyEnvelope.MAX_BYTES;

  private final PolicyDocument document;
  private final Optional<PolicyEnvelope> envelope;

  private GivenPolicy(PolicyDocument document, Optional<PolicyEnvelope> envelope) {
    this.document = document;
    this.envelope = envelope;
  }

  /** One that nobody signed. */
  public static GivenPolicy unsigned(PolicyDocument document) {
    return new GivenPolicy(document, Optional.empty());
  }

  /**
   * The policy in an envelope.
   *
   * @throws MalformedPolicyException if what is in it is none
   */
  public static GivenPolicy of(PolicyEnvelope envelope) throws MalformedPolicyException {
    return new GivenPolicy(PolicyDocument.parse(envelope.payload()), Optional.of(envelope));
  }

  /**
   * The policy that bytes spell, in an envelope or without.
   *
   * @throws MalformedEnvelopeException if they look like an envelope and are none
   * @throws MalformedPolicyException if they are no policy document
   */
  public static GivenPolicy parse(byte[] bytes)
      throws MalformedPolicyException, MalformedEnvelopeException {
    return PolicyEnvelope.isLike(bytes)
        ? of(PolicyEnvelope.parse(bytes))
        : unsigned(PolicyDocument.parse(bytes));
  }

  /** What the policy says. */
  public PolicyDocument document() {
    return document;
  }

  /** What it was signed in. */
  public Optional<PolicyEnvelope> envelope() {
    return envelope;
  }

  /** Why it is none for a tenant, if it is none: there it would allow nothing. */
  public Optional<String> whyNotFor(String tenant) {
    Set<String> targets = document.targets();
    return targets.contains(tenant) || targets.contains(PolicyDocument.ANY_TENANT)
        ? Optional.empty()
        : Optional.of(
            "the policy's targets must name this service's tenant, "
                + tenant
                + ", and are "
                + String.join(", ", new TreeSet<>(targets)));
  }

  /** What lies beside the policy's leaf: the envelope as it came, or the document's canonical bytes. */
  byte[] kept() {
    return envelope.map(PolicyEnvelope::toJson).orElseGet(document::canonical);
  }

  @Override
  public String toString() {
    return document + (envelope.isPresent() ? ", in an envelope" : ", unsigned");
  }
}
