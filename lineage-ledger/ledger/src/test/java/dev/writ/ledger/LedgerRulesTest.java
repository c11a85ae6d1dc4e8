// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Admission;
import dev.writ.artifact.BootEnd;
import dev.writ.artifact.BreakglassGrant;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.GovernanceOrder;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.HostStanding;
import dev.writ.artifact.KeyAlgorithm;
import dev.writ.artifact.KeyChange;
import dev.writ.artifact.KeyQuorum;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.Operation;
import dev.writ.artifact.OperationApproval;
import dev.writ.artifact.OperationKind;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.OperationWithdrawal;
import dev.writ.artifact.OperatorSignature;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.RevokedBy;
import dev.writ.artifact.RevokedScope;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustedKey;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.VerificationKey;
import dev.writ.ledger.LedgerRules.Rule;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Each rule as it holds, and as a leaf breaks it. */
class LedgerRulesTest {
  private static final Hash AK = Samples.digest("ak");
  private static final Hash EK = Samples.digest("ek");

  private static void assertHolds(LeafChain chain) {
    assertThat(chain.last()).isEmpty();
  }

  private static void assertBreaks(Rule rule, LeafChain chain) {
    assertThat(chain.last())
        .hasValueSatisfying(
            violation -> {
              assertThat(violation.rule()).as(violation.reason()).isEqualTo(rule);
              assertThat(violation.reason()).contains(" must ");
            });
  }

  @Test
  void entry_thatIsNoLeaf_breaksLeafForm() {
    for (String entry : List.of("", "{}", "{\"kind\":\"verification\",\"v\":1}")) {
      assertBreaks(Rule.LEAF_FORM, LeafChain.born().bytes(entry.getBytes(StandardCharsets.UTF_8)));
    }
  }

  @Test
  void firstLeaves_otherThanKeysAndPolicy_breakBirth() {
    LedgerRules none = new LedgerRules(Optional.empty());
    assertBreaks(Rule.BIRTH, LeafChain.empty(none).policy(1));
    LeafChain chain =
        LeafChain.empty(new LedgerRules(Optional.empty()))
            .key(KeyState.ACTIVE)
            .deny(1, LeafChain.POLICY);
    assertBreaks(Rule.BIRTH, chain);
    assertHolds(LeafChain.born());
  }

  @Test
  void allow_underAnother_comesFromItsLeaf_andFromNothingThatWasRevoked() {
    UuidV7 parent = Samples.uuid();
    UuidV7 child = Samples.uuid();
    LeafChain chain = LeafChain.born().allow(parent);
    Hash above = chain.leaf(0).hash();
    assertHolds(chain.allowUnder(parent, child, above));
    Hash below = chain.leaf(0).hash();
    assertHolds(chain.allowUnder(child, Samples.uuid(), below));
    assertBreaks(Rule.OF_AN_ALLOW, chain.allowUnder(parent, Samples.uuid(), below));
    assertBreaks(Rule.OF_AN_ALLOW, chain.allowUnder(Samples.uuid(), Samples.uuid(), above));
    assertHolds(chain.revocation(parent, above));
    assertBreaks(Rule.PARENT_LIVE, chain.allowUnder(parent, Samples.uuid(), above));
    assertBreaks(Rule.PARENT_LIVE, chain.allowUnder(child, Samples.uuid(), below));
  }

  @Test
  void renewal_isOfAnAllow_andOfNothingThatWasRevoked() {
    UuidV7 first = Samples.uuid();
    UuidV7 second = Samples.uuid();
    LeafChain chain = LeafChain.born().allow(first);
    Hash began = chain.leaf(0).hash();
    assertHolds(chain.renew(first, second, began));
    Hash goesOn = chain.leaf(0).hash();
    assertHolds(chain.renew(first, Samples.uuid(), began));
    assertBreaks(Rule.OF_AN_ALLOW, chain.renew(first, Samples.uuid(), goesOn));
    assertBreaks(Rule.OF_AN_ALLOW, chain.renew(Samples.uuid(), Samples.uuid(), began));
    assertHolds(chain.revocation(second, goesOn));
    assertBreaks(Rule.PARENT_LIVE, chain.renew(first, Samples.uuid(), began));
    UuidV7 other = Samples.uuid();
    Hash otherBegan = chain.allow(other).leaf(0).hash();
    assertHolds(chain.revocation(other, otherBegan));
    assertBreaks(Rule.PARENT_LIVE, chain.renew(other, Samples.uuid(), otherBegan));
  }

  /** What it began under may have gone on, and is none else. */
  @Test
  void renewal_isUnderTheExecutionThatItBeganUnder() {
    UuidV7 above = Samples.uuid();
    LeafChain chain = LeafChain.born().allow(above);
    Hash ofAbove = chain.leaf(0).hash();
    UuidV7 aboveGoesOn = Samples.uuid();
    Hash ofAboveGoesOn = chain.renew(above, aboveGoesOn, ofAbove).leaf(0).hash();
    UuidV7 another = Samples.uuid();
    Hash ofAnother = chain.allow(another).leaf(0).hash();
    UuidV7 first = Samples.uuid();
    Hash began = chain.allowUnder(above, first, ofAbove).leaf(0).hash();
    assertHolds(
        chain.renewUnder(Optional.of(aboveGoesOn), first, Samples.uuid(), ofAboveGoesOn, began));
    assertBreaks(
        Rule.OF_AN_ALLOW,
        chain.renewUnder(Optional.of(another), first, Samples.uuid(), ofAnother, began));
    assertBreaks(Rule.OF_AN_ALLOW, chain.renew(first, Samples.uuid(), began));
    assertBreaks(
        Rule.OF_AN_ALLOW,
        chain.renewUnder(Optional.of(above), another, Samples.uuid(), ofAbove, ofAnother));
  }

  @Test
  void chain_ofAThousand_breaksAtTheGreatestDepth() {
    UuidV7 last = Samples.uuid();
    LeafChain chain = LeafChain.born().allow(last);
    for (int depth = 1; depth <= 1_000; depth++) {
      UuidV7 next = Samples.uuid();
      chain = chain.allowUnder(last, next, chain.leaf(0).hash());
      if (depth <= Descent.MAX_DEPTH) {
        assertHolds(chain);
      } else {
        assertBreaks(Rule.PARENT_LIVE, chain);
      }
      last = next;
    }
  }

  @Test
  void time_thatFallsBack_breaksTimeOrderUnlessAClockWasAccepted() {
    LeafChain chain = LeafChain.born().at(Samples.NOW.plusSeconds(100));
    assertHolds(chain.allow(Samples.uuid()));
    assertHolds(chain.at(Samples.NOW.plusSeconds(41)).allow(Samples.uuid()));
    assertBreaks(Rule.TIME_ORDER, chain.at(Samples.NOW.plusSeconds(39)).allow(Samples.uuid()));
    Operation operation = operation(new Operation.AcceptClock(Samples.NOW), Optional.empty());
    LeafChain accepted = LeafChain.born().at(Samples.NOW.plusSeconds(1000));
    assertHolds(accepted.add(new OperationStep.Proposed(operation)));
    assertHolds(
        accepted
            .at(Samples.NOW)
            .add(
                new OperationStep.Ended(
                    OperationKind.ACCEPT_CLOCK,
                    operation.digest(),
                    OperationStep.End.EXECUTED,
                    Optional.empty())));
    assertHolds(accepted.allow(Samples.uuid()));
  }

  @Test
  void id_givenTwice_breaksIdUnique() {
    LeafChain chain = LeafChain.born().allow(Samples.uuid());
    Leaf other = Leaf.of(chain.leaf(0).time(), chain.leaf(0).id(), List.of(), chain.leaf(1).body());
    assertBreaks(Rule.ID_UNIQUE, chain.add(other));
  }

  @Test
  void parent_thatIsNoLeafBefore_breaksParentsEarlier() {
    UuidV7 jti = Samples.uuid();
    LeafChain chain = LeafChain.born().allow(jti);
    assertHolds(chain.outcome(jti, Samples.digest(), chain.leaf(0).hash()));
    assertBreaks(
        Rule.PARENTS_EARLIER,
        chain.outcome(jti, Samples.digest(), chain.leaf(1).hash(), Samples.digest()));
  }

  @Test
  void epoch_thatDoesNotFollow_breaksEpochOrder() {
    assertHolds(LeafChain.born().policy(2));
    assertBreaks(Rule.EPOCH_ORDER, LeafChain.born().policy(3));
    assertBreaks(Rule.EPOCH_ORDER, LeafChain.born().policy(1));
  }

  @Test
  void decision_ofAnotherEpochOrPolicy_breaksPolicyInForce() {
    Hash other = Samples.digest("another policy");
    Hash evidence = Samples.digest();
    assertBreaks(
        Rule.POLICY_IN_FORCE,
        LeafChain.born().allow(Samples.uuid(), 2, LeafChain.POLICY, evidence));
    assertBreaks(Rule.POLICY_IN_FORCE, LeafChain.born().allow(Samples.uuid(), 1, other, evidence));
    assertBreaks(
        Rule.POLICY_IN_FORCE,
        LeafChain.born().policy(2).allow(Samples.uuid(), 1, LeafChain.POLICY, evidence));
    assertHolds(LeafChain.born().policy(2).deny(1, LeafChain.POLICY));
    assertBreaks(Rule.POLICY_IN_FORCE, LeafChain.born().deny(2, LeafChain.POLICY));
    assertBreaks(Rule.POLICY_IN_FORCE, LeafChain.born().deny(1, other));
    assertBreaks(Rule.POLICY_IN_FORCE, LeafChain.born().evaluation(2, LeafChain.POLICY));
    assertBreaks(Rule.POLICY_IN_FORCE, LeafChain.born().evaluation(1, other));
  }

  @Test
  void artifactOrEvidence_allowedTwice_breaksAllowOnce() {
    UuidV7 jti = Samples.uuid();
    assertBreaks(Rule.ALLOW_ONCE, LeafChain.born().allow(jti).allow(jti));
    Hash evidence = Samples.digest();
    assertBreaks(
        Rule.ALLOW_ONCE,
        LeafChain.born()
            .allow(Samples.uuid(), 1, LeafChain.POLICY, evidence)
            .allow(Samples.uuid(), 1, LeafChain.POLICY, evidence));
  }

  @Test
  void outcomeOrRevocation_ofNoAllow_breaksOfAnAllow() {
    UuidV7 jti = Samples.uuid();
    assertBreaks(Rule.OF_AN_ALLOW, LeafChain.born().outcome(jti, Samples.digest()));
    assertBreaks(Rule.OF_AN_ALLOW, LeafChain.born().revocation(jti));
    assertBreaks(Rule.OF_AN_ALLOW, LeafChain.born().allow(jti).revocation(jti));
    LeafChain chain = LeafChain.born().allow(jti);
    assertBreaks(Rule.OF_AN_ALLOW, chain.outcome(jti, Samples.digest(), chain.leaf(1).hash()));
    LeafChain whole = LeafChain.born().allow(jti);
    assertHolds(whole.revocation(jti, whole.leaf(0).hash()));
  }

  @Test
  void statementOrRevocation_twice_breaksSaidOnce() {
    UuidV7 jti = Samples.uuid();
    Hash statement = Samples.digest();
    LeafChain chain = LeafChain.born().allow(jti);
    Hash allow = chain.leaf(0).hash();
    assertHolds(chain.outcome(jti, statement, allow).revocation(jti, allow));
    assertBreaks(Rule.SAID_ONCE, chain.outcome(jti, statement, allow));
    assertBreaks(Rule.SAID_ONCE, chain.revocation(jti, allow));
  }

  @Test
  void uses_ofOneQuestionTwiceOrTooMany_breakUsesLeft() {
    UuidV7 jti = Samples.uuid();
    LeafChain chain = LeafChain.born().allow(jti);
    Hash allow = chain.leaf(0).hash();
    Hash asked = Samples.digest();
    assertHolds(chain.use(jti, 2, asked, allow));
    assertBreaks(Rule.USES_LEFT, chain.use(jti, 2, asked, allow));
    assertBreaks(Rule.USES_LEFT, chain.use(jti, 3, Samples.digest(), allow));
    assertHolds(chain.use(jti, 2, Samples.digest(), allow));
    assertBreaks(Rule.USES_LEFT, chain.use(jti, 2, Samples.digest(), allow));
    assertBreaks(Rule.OF_AN_ALLOW, LeafChain.born().use(jti, 1, asked));
  }

  @Test
  void enrolment_ofKnownKeysOrWithoutInvitation_breaksEnrolledOnce() {
    Hash other = Samples.digest("other");
    assertHolds(LeafChain.born().enrolment(AK, EK, Admission.LISTED));
    for (LeafChain twice :
        List.of(
            LeafChain.born()
                .enrolment(AK, EK, Admission.LISTED)
                .enrolment(AK, other, Admission.LISTED),
            LeafChain.born()
                .enrolment(AK, EK, Admission.LISTED)
                .enrolment(other, EK, Admission.LISTED),
            LeafChain.born().enrolment(AK, EK, Admission.INVITED))) {
      assertBreaks(Rule.ENROLLED_ONCE, twice);
    }
    LeafChain late = LeafChain.born().invitation(Samples.NOW.plusSeconds(3));
    assertBreaks(
        Rule.ENROLLED_ONCE, late.enrolment(AK, EK, Admission.INVITED, late.leaf(0).hash()));
    LeafChain used = LeafChain.born().invitation(Samples.LATER);
    Hash invitation = used.leaf(0).hash();
    assertHolds(used.enrolment(AK, EK, Admission.INVITED, invitation));
    assertBreaks(
        Rule.ENROLLED_ONCE, used.enrolment(other, Samples.digest(), Admission.INVITED, invitation));
  }

  @Test
  void boot_ofAHostThatIsNotEnrolled_breaksOfAHost() {
    LeafBody boot = new LeafBody.BootRevocation(AK, 2, 0, BootEnd.NEW_BOOT);
    assertHolds(LeafChain.born().enrolment(AK, EK, Admission.LISTED).add(boot));
    assertBreaks(Rule.OF_A_HOST, LeafChain.born().add(boot));
  }

  @Test
  void host_thatIsAllowedWhileSuspended_orReturnsFromRetirement_breaksHostStanding() {
    LeafChain chain = LeafChain.born().enrolment(AK, EK, Admission.LISTED);
    Hash host = chain.leaf(0).hash();
    assertHolds(chain.allow(Samples.uuid(), host));
    assertBreaks(Rule.HOST_STANDING, chain.stands(AK, HostStanding.ACTIVE, host));
    assertHolds(chain.stands(AK, HostStanding.SUSPENDED, host));
    assertBreaks(Rule.HOST_STANDING, chain.allow(Samples.uuid(), host));
    assertBreaks(Rule.HOST_STANDING, chain.stands(AK, HostStanding.SUSPENDED, host));
    assertBreaks(Rule.HOST_STANDING, chain.stands(AK, HostStanding.ACTIVE));
    assertHolds(chain.allow(Samples.uuid(), host));
    assertHolds(chain.stands(AK, HostStanding.RETIRED, host));
    assertBreaks(Rule.HOST_STANDING, chain.stands(AK, HostStanding.ACTIVE, host));
    assertBreaks(Rule.HOST_STANDING, chain.allow(Samples.uuid(), host));
    LeafChain born = LeafChain.born();
    assertBreaks(Rule.HOST_STANDING, born.stands(AK, HostStanding.SUSPENDED, born.leaf(0).hash()));
  }

  private static LeafBody scope(RevokedScope scope) {
    return new LeafBody.ScopeRevocation(scope, RevocationReason.CEASED, RevokedBy.OPERATOR);
  }

  private static RevokedScope.Places places(long from, long before) {
    return new RevokedScope.Places(from, before);
  }

  /** The issuer's key stands first, then epoch 1. */
  @Test
  void scope_thatReachesBeyondItsKeyItsEpochOrItself_breaksOfAScope() {
    LeafBody ofHost = scope(new RevokedScope.OfHost(AK));
    assertHolds(LeafChain.born().enrolment(AK, EK, Admission.LISTED).add(ofHost));
    assertBreaks(Rule.OF_A_HOST, LeafChain.born().add(ofHost));
    Hash issuer = LeafChain.ISSUER;
    assertHolds(LeafChain.born().add(scope(new RevokedScope.OfRange(places(0, 2)))));
    assertHolds(LeafChain.born().add(scope(new RevokedScope.OfKey(issuer, places(0, 2)))));
    assertHolds(LeafChain.born().add(scope(new RevokedScope.OfEpoch(1, places(1, 2)))));
    for (RevokedScope wider :
        List.of(
            new RevokedScope.OfRange(places(0, 3)),
            new RevokedScope.OfWorkload(new Commitment(AK), 3),
            new RevokedScope.OfKey(issuer, places(0, 3)),
            new RevokedScope.OfKey(Samples.digest("another"), places(0, 1)),
            new RevokedScope.OfEpoch(1, places(0, 2)),
            new RevokedScope.OfEpoch(2, places(1, 2)))) {
      assertBreaks(Rule.OF_A_SCOPE, LeafChain.born().add(scope(wider)));
    }
    LeafChain ended = LeafChain.born().policy(2).key(KeyState.RETIRING);
    assertHolds(ended.add(scope(new RevokedScope.OfKey(issuer, places(0, 3)))));
    assertHolds(ended.add(scope(new RevokedScope.OfEpoch(1, places(1, 2)))));
    assertBreaks(Rule.OF_A_SCOPE, ended.add(scope(new RevokedScope.OfKey(issuer, places(0, 4)))));
    assertBreaks(Rule.OF_A_SCOPE, ended.add(scope(new RevokedScope.OfEpoch(1, places(1, 3)))));
  }

  @Test
  void key_outOfOrder_breaksKeyOrder() {
    assertBreaks(Rule.KEY_ORDER, LeafChain.born().key(KeyState.RETIRED));
    assertBreaks(Rule.KEY_ORDER, LeafChain.born().key(KeyState.COMPROMISED).key(KeyState.ACTIVE));
    Hash second = Samples.digest("second issuer");
    assertBreaks(Rule.KEY_ORDER, LeafChain.born().add(key(second, KeyState.ACTIVE)));
    assertBreaks(Rule.KEY_ORDER, LeafChain.born().add(key(second, KeyState.RETIRING)));
    assertBreaks(
        Rule.KEY_ORDER,
        LeafChain.born()
            .add(
                new LeafBody.KeyStatement(
                    LeafChain.ISSUER,
                    KeyRole.STATUS,
                    KeyAlgorithm.ES256,
                    KeyState.ACTIVE,
                    Optional.empty())));
    assertHolds(LeafChain.born().key(KeyState.RETIRING).key(KeyState.RETIRED));
  }

  private static LeafBody key(Hash kid, KeyState state) {
    return new LeafBody.KeyStatement(
        kid, KeyRole.ISSUER, KeyAlgorithm.ES256, state, Optional.empty());
  }

  @Test
  void allow_whereNoIssuerKeyIsActive_breaksKeyInUse() {
    assertBreaks(Rule.KEY_IN_USE, LeafChain.born().key(KeyState.RETIRING).allow(Samples.uuid()));
  }

  @Test
  void allow_outsideTheKeysWindow_breaksKeyInUse() throws Exception {
    VerificationKey key = p256();
    Instant end = Samples.NOW.plusSeconds(10);
    TrustContent trust =
        trust(p256(), new TrustedKey(key, KeyRole.ISSUER, Samples.NOW, end, KeyState.ACTIVE));
    LeafChain chain =
        LeafChain.empty(new LedgerRules(Optional.of(trust)))
            .add(key(key.kid(), KeyState.ACTIVE))
            .policy(1);
    assertHolds(chain.allow(Samples.uuid()));
    assertBreaks(Rule.KEY_IN_USE, chain.at(end).allow(Samples.uuid()));
    LeafChain stranger =
        LeafChain.empty(new LedgerRules(Optional.of(trust))).key(KeyState.ACTIVE).policy(1);
    assertBreaks(Rule.KEY_IN_USE, stranger.allow(Samples.uuid()));
  }

  private static VerificationKey p256() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return VerificationKey.of((ECPublicKey) generator.generateKeyPair().getPublic());
  }

  private static TrustContent trust(VerificationKey operator, TrustedKey key) {
    return new TrustContent(
        "https://writ.example",
        1,
        Optional.empty(),
        TrustContent.Assurance.DEV,
        List.of(key),
        "quorum none\n",
        Optional.empty(),
        Duration.ofSeconds(5),
        List.of(),
        Optional.empty(),
        List.of(),
        new KeyQuorum(1, List.of(operator)));
  }

  private static Operation operation(Operation.Change change, Optional<Hash> proposer) {
    return new Operation(
        "https://writ.example",
        1,
        Samples.nonce(),
        Samples.NOW,
        Samples.NOW.plus(Duration.ofHours(1)),
        proposer,
        change);
  }

  private static final Instant ENDS = Samples.NOW.plusSeconds(600);

  private static GovernanceStep.Begun begun(BreakglassGrant grant, OptionalLong overFreeze) {
    return GovernanceSamples.begun(grant, overFreeze, ENDS, ENDS.plusSeconds(60));
  }

  private static GovernanceStep ordered(GovernanceOrder.Kind kind, BreakglassGrant grant) {
    return GovernanceSamples.ordered(kind, Optional.of(grant.digest()), GovernanceSamples.BOB);
  }

  private static GovernanceStep freeze() {
    return GovernanceSamples.ordered(
        GovernanceOrder.Kind.FREEZE, Optional.empty(), GovernanceSamples.BOB);
  }

  @Test
  void modeOfTheService_outOfOrder_breaksGovernanceOrder() {
    BreakglassGrant grant = GovernanceSamples.grant();
    OptionalLong none = OptionalLong.empty();
    Operation unfreeze = operation(new Operation.Unfreeze(2), Optional.empty());
    OperationStep lifted =
        new OperationStep.Ended(
            OperationKind.UNFREEZE,
            unfreeze.digest(),
            OperationStep.End.EXECUTED,
            Optional.empty());
    assertHolds(
        LeafChain.born()
            .add(freeze())
            .add(begun(grant, OptionalLong.of(2)))
            .add(ordered(GovernanceOrder.Kind.END, grant))
            .add(ordered(GovernanceOrder.Kind.REVIEW, grant))
            .add(proposed(unfreeze))
            .add(lifted)
            .add(freeze()));
    assertHolds(
        LeafChain.born()
            .add(begun(grant, none))
            .add(begun(GovernanceSamples.grant(), none))
            .add(ordered(GovernanceOrder.Kind.REVIEW, grant)));
    for (LeafChain broken :
        List.of(
            LeafChain.born().add(begun(grant, none)).add(begun(grant, none)),
            LeafChain.born().add(freeze()).add(begun(grant, none)),
            LeafChain.born().add(begun(grant, OptionalLong.of(2))),
            LeafChain.born().add(freeze()).add(freeze()),
            LeafChain.born().add(ordered(GovernanceOrder.Kind.END, grant)),
            LeafChain.born()
                .add(begun(grant, none))
                .add(ordered(GovernanceOrder.Kind.REVIEW, grant)),
            LeafChain.born().add(proposed(unfreeze)).add(lifted),
            LeafChain.born()
                .add(begun(grant, none))
                .at(ENDS)
                .add(ordered(GovernanceOrder.Kind.END, grant)),
            LeafChain.born()
                .add(begun(grant, none))
                .at(ENDS.plusSeconds(60))
                .add(begun(GovernanceSamples.grant(), none)))) {
      assertBreaks(Rule.GOVERNANCE_ORDER, broken);
    }
  }

  @Test
  void breakglass_thatNobodySigned_orThatLastsTooLong_breaksGovernanceOrder() {
    BreakglassGrant good = GovernanceSamples.grant();
    BreakglassGrant unsigned =
        new BreakglassGrant(
            good.issuer(),
            good.nonce(),
            good.reason(),
            good.ttl(),
            good.notBefore(),
            good.notAfter(),
            List.of());
    OptionalLong none = OptionalLong.empty();
    Instant late = Samples.NOW.plusSeconds(603);
    for (LeafChain broken :
        List.of(
            LeafChain.born().add(begun(unsigned, none)),
            LeafChain.born().at(good.notBefore().minusSeconds(1)).add(begun(good, none)),
            LeafChain.born().at(good.notAfter()).add(begun(good, none)),
            LeafChain.born().add(GovernanceSamples.begun(good, none, late, late)))) {
      assertBreaks(Rule.GOVERNANCE_ORDER, broken);
    }
  }

  @Test
  void allow_comesFromNoBreakglassButTheOneInForce_andFromNoneWhereThatWasNotBelieved() {
    BreakglassGrant grant = GovernanceSamples.grant();
    OptionalLong none = OptionalLong.empty();
    LeafChain under = LeafChain.born().add(begun(grant, none));
    assertHolds(under.allow(Samples.uuid(), under.leaf(0).hash()));
    assertHolds(LeafChain.born().add(begun(grant, none)).allow(Samples.uuid()));
    LeafChain superseded = LeafChain.born().add(begun(grant, none));
    Hash first = superseded.leaf(0).hash();
    assertBreaks(
        Rule.GOVERNANCE_ORDER,
        superseded.add(begun(GovernanceSamples.grant(), none)).allow(Samples.uuid(), first));
    LeafChain after = LeafChain.born().add(begun(grant, none));
    Hash parent = after.leaf(0).hash();
    assertHolds(after.at(ENDS).allow(Samples.uuid()));
    assertBreaks(Rule.GOVERNANCE_ORDER, after.allow(Samples.uuid(), parent));
  }

  private static OperationStep approved(Operation operation, Hash by) {
    return new OperationStep.Approved(
        operation.change().kind(),
        new OperationApproval(
            operation.digest(), new OperatorSignature(by, new byte[64]), Optional.empty()));
  }

  private static OperationStep proposed(Operation operation) {
    return new OperationStep.Proposed(
        operation, operation.proposer().map(by -> new OperatorSignature(by, new byte[64])));
  }

  @Test
  void step_ofAnOperationThatIsNotOpen_breaksOperationProposed() {
    Hash alice = Samples.digest("alice");
    Hash bob = Samples.digest("bob");
    Operation operation =
        operation(new Operation.DestroyKey(Samples.digest("old")), Optional.of(alice));
    OperationStep withdrawn =
        new OperationStep.Ended(
            OperationKind.DESTROY_KEY,
            new OperationWithdrawal(
                operation.digest(), new OperatorSignature(alice, new byte[64])));
    assertHolds(
        LeafChain.born().add(proposed(operation)).add(approved(operation, bob)).add(withdrawn));
    for (LeafChain broken :
        List.of(
            LeafChain.born().add(approved(operation, bob)),
            LeafChain.born().add(withdrawn),
            LeafChain.born().add(proposed(operation)).add(proposed(operation)),
            LeafChain.born().add(proposed(operation)).add(approved(operation, alice)),
            LeafChain.born()
                .add(proposed(operation))
                .add(approved(operation, bob))
                .add(approved(operation, bob)),
            LeafChain.born().add(proposed(operation)).add(withdrawn).add(withdrawn),
            LeafChain.born().add(proposed(operation)).add(withdrawn).add(approved(operation, bob)),
            LeafChain.born()
                .key(KeyState.RETIRING)
                .add(
                    KeyChange.of(
                        LeafChain.ISSUER, KeyRole.ISSUER, KeyState.RETIRED, operation.digest())))) {
      assertBreaks(Rule.OPERATION_PROPOSED, broken);
    }
    assertHolds(
        LeafChain.born()
            .key(KeyState.RETIRING)
            .add(proposed(operation))
            .add(
                KeyChange.of(
                    LeafChain.ISSUER, KeyRole.ISSUER, KeyState.RETIRED, operation.digest())));
  }

  @Test
  void leafAfterABrokenOne_isJudgedByItself() {
    LeafChain chain = LeafChain.born().deny(7, LeafChain.POLICY);
    assertBreaks(Rule.POLICY_IN_FORCE, chain);
    assertHolds(chain.allow(Samples.uuid()));
  }
}
