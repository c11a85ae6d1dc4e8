// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.PolicyReference;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.ReferenceValues;
import dev.writ.policy.Policy;
import dev.writ.policy.PolicyDocument;
import dev.writ.tlog.Hash;
import java.util.Map;
import java.util.Optional;

/** The policy by which requests are judged, with its place in the ledger, and the mode in which it is. */
final class PolicyInForce {
  private final Policy policy;
  private final long epoch;
  private final Hash leaf;
  private final Hash digest;
  private final PolicyReference reference;
  private final Map<String, Expectation> expectations;
  private final ModeInForce mode;

  /**
   * A policy in force.
   *
   * @param policy compiled
   * @param epoch its number
   * @param leaf hash of the leaf that put it in force
   * @param expectations of its reference sets, by their names
   */
  PolicyInForce(Policy policy, long epoch, Hash leaf, Map<String, Expectation> expectations) {
    this.policy = policy;
    this.epoch = epoch;
    this.leaf = leaf;
    PolicyDocument document = policy.document();
    this.digest = digestOf(document);
    this.reference = new PolicyReference(document.id(), document.version(), digest, epoch);
    this.expectations = Map.copyOf(expectations);
    this.mode = ModeInForce.NORMAL;
  }

  private PolicyInForce(PolicyInForce same, ModeInForce mode) {
    this.policy = same.policy;
    this.epoch = same.epoch;
    this.leaf = same.leaf;
    this.digest = same.digest;
    this.reference = same.reference;
    this.expectations = same.expectations;
    this.mode = mode;
  }

  /** The same policy while the service is in this mode. */
  PolicyInForce under(ModeInForce other) {
    return other.equals(mode) ? this : new PolicyInForce(this, other);
  }

  /** The mode in which it is asked. */
  ModeInForce mode() {
    return mode;
  }

  Policy policy() {
    return policy;
  }

  long epoch() {
    return epoch;
  }

  Hash leaf() {
    return leaf;
  }

  PolicyDocument document() {
    return policy.document();
  }

  Hash digest() {
    return digest;
  }

  static Hash digestOf(PolicyDocument document) {
    return Hash.of(document.digest().bytes());
  }

  PolicyReference reference() {
    return reference;
  }

  /** What is asked of a host: the PCRs that its reference set speaks of, bank by bank. */
  PcrSelection selectionFor(String host) {
    return expectationOf(host).selection();
  }

  /** What the evidence of a host may show. */
  ReferenceValues referenceValuesFor(String host) {
    return expectationOf(host).values();
  }

  private Expectation expectationOf(String host) {
    return document()
        .referenceSetFor(host)
        .flatMap(set -> Optional.ofNullable(expectations.get(set.name())))
        .orElse(Expectation.NOTHING_KNOWN);
  }
}
