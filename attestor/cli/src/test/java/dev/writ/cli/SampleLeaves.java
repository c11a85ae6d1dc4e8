// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Commitment;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.KeyAlgorithm;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.OutcomeState;
import dev.writ.artifact.PolicyReference;
import dev.writ.artifact.Reporter;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The leaves of a small ledger, each a second after the one before. */
final class SampleLeaves {
  static final Hash ISSUER_KEY = digest("issuer key");

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Hash POLICY = digest("policy");

  private final List<Leaf> leaves = new ArrayList<>();
  private Instant time;

  private SampleLeaves(Instant first) {
    this.time = first;
  }

  /** An issuer's key, and the first policy. */
  static SampleLeaves born(Instant first) {
    return new SampleLeaves(first).key(KeyState.ACTIVE).policy(1);
  }

  /** A decision that allows, its outcome, and a denial besides. */
  static SampleLeaves used(Instant first) {
    SampleLeaves leaves = born(first);
    UuidV7 jti = uuid();
    return leaves.allow(jti).outcome(jti).deny();
  }

  static Hash digest(String of) {
    return Hash.sha256(of.getBytes(StandardCharsets.UTF_8));
  }

  static UuidV7 uuid() {
    return UuidV7.next(InstantSource.system(), RANDOM);
  }

  SampleLeaves key(KeyState state) {
    return add(
        List.of(),
        new LeafBody.KeyStatement(
            ISSUER_KEY, KeyRole.ISSUER, KeyAlgorithm.ES256, state, Optional.empty()));
  }

  SampleLeaves policy(long epoch) {
    return add(
        List.of(), new LeafBody.PolicyInForce(new PolicyReference("p", epoch, POLICY, epoch)));
  }

  SampleLeaves allow(UuidV7 jti) {
    Hash any = digest(jti.toString());
    Commitment commitment = new Commitment(any);
    return add(
        List.of(),
        new LeafBody.DecisionAllow(
            jti, any, any, any, POLICY, 1, commitment, commitment, commitment));
  }

  SampleLeaves outcome(UuidV7 jti) {
    return add(
        List.of(leaves.get(leaves.size() - 1).hash()),
        new LeafBody.Outcome(
            jti, OutcomeState.OK, Reporter.HOLDER, digest("holder"), digest("says " + jti)));
  }

  SampleLeaves deny() {
    return add(
        List.of(),
        new LeafBody.DecisionDeny(
            DenialCode.POLICY_DENIED, "no_rule", Optional.empty(), Optional.empty(), POLICY, 1));
  }

  private SampleLeaves add(List<Hash> parents, LeafBody body) {
    leaves.add(Leaf.of(time, uuid(), parents, body));
    time = time.plusSeconds(1);
    return this;
  }

  Leaf leaf(int index) {
    return leaves.get(index);
  }

  List<byte[]> entries() {
    return leaves.stream().map(Leaf::bytes).toList();
  }
}
