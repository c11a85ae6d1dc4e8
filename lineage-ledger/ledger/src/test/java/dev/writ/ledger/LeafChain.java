// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.Admission;
import dev.writ.artifact.ApprovalOf;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Evaluation;
import dev.writ.artifact.HostChange;
import dev.writ.artifact.HostStanding;
import dev.writ.artifact.KeyAlgorithm;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.OutcomeState;
import dev.writ.artifact.PolicyReference;
import dev.writ.artifact.Reporter;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verification;
import dev.writ.artifact.Verifier;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Leaves one after the other, each a second after the one before, judged as they come. */
final class LeafChain {
  static final Hash ISSUER = Samples.digest("issuer");
  static final Hash POLICY = Samples.digest("policy");

  private final LedgerRules rules;
  private final List<Leaf> leaves = new ArrayList<>();
  private Instant time = Samples.NOW;
  private Optional<LedgerRules.Violation> last = Optional.empty();

  private LeafChain(LedgerRules rules) {
    this.rules = rules;
  }

  static LeafChain empty(LedgerRules rules) {
    return new LeafChain(rules);
  }

  /** A key and the first policy. */
  static LeafChain born() {
    return empty(new LedgerRules(Optional.empty())).key(KeyState.ACTIVE).policy(1);
  }

  /** What the rules said of the leaf that came last. */
  Optional<LedgerRules.Violation> last() {
    return last;
  }

  Leaf leaf(int fromTheEnd) {
    return leaves.get(leaves.size() - 1 - fromTheEnd);
  }

  LeafChain at(Instant next) {
    time = next;
    return this;
  }

  LeafChain add(Leaf leaf) {
    last = rules.take(leaves.size(), leaf.bytes());
    leaves.add(leaf);
    return this;
  }

  LeafChain add(List<Hash> parents, LeafBody body) {
    Leaf leaf = Leaf.of(time, Samples.uuid(), parents, body);
    time = time.plusSeconds(1);
    return add(leaf);
  }

  LeafChain add(LeafBody body) {
    return add(List.of(), body);
  }

  LeafChain bytes(byte[] entry) {
    last = rules.take(leaves.size(), entry);
    leaves.add(Samples.leaf());
    return this;
  }

  LeafChain key(KeyState state) {
    return add(
        new LeafBody.KeyStatement(
            ISSUER, KeyRole.ISSUER, KeyAlgorithm.ES256, state, Optional.empty()));
  }

  LeafChain policy(long epoch) {
    return add(new LeafBody.PolicyInForce(new PolicyReference("p", epoch, POLICY, epoch)));
  }

  LeafChain stands(Hash host, HostStanding state, Hash... parents) {
    return add(List.of(parents), new HostChange(host, state, RevocationReason.UNSPECIFIED));
  }

  LeafChain allow(UuidV7 jti) {
    return allow(jti, 1, POLICY, Samples.digest());
  }

  LeafChain allow(UuidV7 jti, Hash parent) {
    Hash any = Samples.digest();
    Commitment commitment = new Commitment(any);
    return add(
        List.of(parent),
        new LeafBody.DecisionAllow(
            jti, any, any, any, POLICY, 1, commitment, commitment, commitment));
  }

  /** Asked for under another artifact. */
  LeafChain allowUnder(UuidV7 parent, UuidV7 jti, Hash... parents) {
    Hash any = Samples.digest();
    Commitment commitment = new Commitment(any);
    return add(
        List.of(parents),
        new LeafBody.DecisionAllow(
            jti,
            any,
            any,
            any,
            POLICY,
            1,
            commitment,
            commitment,
            commitment,
            Optional.of(parent),
            Optional.empty()));
  }

  /** By which an execution goes on that began with another artifact. */
  LeafChain renew(UuidV7 first, UuidV7 jti, Hash... parents) {
    return renewUnder(Optional.empty(), first, jti, parents);
  }

  /** The same under an artifact. */
  LeafChain renewUnder(Optional<UuidV7> parent, UuidV7 first, UuidV7 jti, Hash... parents) {
    Hash any = Samples.digest();
    Commitment commitment = new Commitment(any);
    return add(
        List.of(parents),
        new LeafBody.DecisionAllow(
            jti,
            any,
            any,
            any,
            POLICY,
            1,
            commitment,
            commitment,
            commitment,
            parent,
            Optional.of(first)));
  }

  LeafChain allow(UuidV7 jti, long epoch, Hash policy, Hash evidence) {
    Hash any = Samples.digest();
    Commitment commitment = new Commitment(any);
    return add(
        new LeafBody.DecisionAllow(
            jti, any, any, evidence, policy, epoch, commitment, commitment, commitment));
  }

  LeafChain deny(long epoch, Hash policy) {
    return add(
        new LeafBody.DecisionDeny(
            DenialCode.POLICY_DENIED, "none", Optional.empty(), Optional.empty(), policy, epoch));
  }

  LeafChain evaluation(long epoch, Hash policy) {
    return add(new Evaluation(Optional.empty(), new Commitment(Samples.digest()), policy, epoch));
  }

  LeafChain outcome(UuidV7 jti, Hash statement, Hash... parents) {
    return add(
        List.of(parents),
        new LeafBody.Outcome(
            jti, OutcomeState.OK, Reporter.HOLDER, Samples.digest("holder"), statement));
  }

  LeafChain use(UuidV7 jti, long of, Hash asked, Hash... parents) {
    return add(
        List.of(parents),
        new Verification(
            Optional.of(jti),
            Verifier.SERVICE,
            Optional.of(Samples.digest("gateway")),
            new Commitment(asked),
            Optional.empty(),
            Optional.empty(),
            OptionalLong.of(of)));
  }

  LeafChain revocation(UuidV7 jti, Hash... parents) {
    return add(List.of(parents), new LeafBody.Revocation(jti, RevocationReason.CEASED));
  }

  LeafChain invitation(Instant expires) {
    return add(
        new LeafBody.Approval(
            ApprovalOf.ENROLMENT, new Commitment(Samples.digest()), Samples.digest(), expires));
  }

  LeafChain enrolment(Hash ak, Hash ek, Admission admission, Hash... parents) {
    return add(
        List.of(parents),
        new LeafBody.Enrolment(new Commitment(Samples.digest()), ak, ek, admission));
  }
}
