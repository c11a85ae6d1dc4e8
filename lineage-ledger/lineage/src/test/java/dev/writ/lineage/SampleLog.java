// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.Admission;
import dev.writ.artifact.AkName;
import dev.writ.artifact.ApprovalOf;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.BootEnd;
import dev.writ.artifact.BreakglassGrant;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.DrillSummary;
import dev.writ.artifact.Evaluation;
import dev.writ.artifact.GovernanceOrder;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.HostChange;
import dev.writ.artifact.HostStanding;
import dev.writ.artifact.HostState;
import dev.writ.artifact.KeyAlgorithm;
import dev.writ.artifact.KeyChange;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.Operation;
import dev.writ.artifact.OperationApproval;
import dev.writ.artifact.OperationKind;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.OperatorSignature;
import dev.writ.artifact.OutcomeState;
import dev.writ.artifact.PcrBankSelection;
import dev.writ.artifact.PolicyReference;
import dev.writ.artifact.RefusalCount;
import dev.writ.artifact.Reporter;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.ServiceStart;
import dev.writ.artifact.StartBinding;
import dev.writ.artifact.TrustReference;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verification;
import dev.writ.artifact.Verifier;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * A log that a test writes leaf by leaf: two keys, a policy, an invitation and a host to begin with. Every
 * value is the same in each run.
 */
final class SampleLog {
  static final Instant NOW = Instant.parse("2026-11-01T00:00:00Z");
  static final Hash EVIDENCE = digest("evidence");
  static final Hash REPORTER = digest("reporter");
  static final Hash OPERATOR = digest("operator");
  static final AkName AK = new AkName("AAuE7zpbnlvYO_JlVWmuZecgos0MVUo7w2LO-XVSXDQFPg");

  final List<Leaf> leaves = new ArrayList<>();
  final Leaf issuer;
  final Leaf policy;
  final Leaf host;

  SampleLog() {
    issuer = add(List.of(), key(KeyRole.ISSUER, "issuer", Optional.empty()));
    add(List.of(), key(KeyRole.CHECKPOINT, "checkpoint", Optional.of(MemoryLog.vkey())));
    policy = add(List.of(issuer), inForce(1));
    Leaf invitation =
        add(
            List.of(policy),
            new LeafBody.Approval(
                ApprovalOf.ENROLMENT,
                commitment("invited", "build-8"),
                digest("secret"),
                NOW.plusSeconds(3600)));
    host = add(List.of(policy, invitation), enrolment(Admission.INVITED));
  }

  static LeafBody key(KeyRole role, String name, Optional<String> vkey) {
    return new LeafBody.KeyStatement(digest(name), role, KeyAlgorithm.ES256, KeyState.ACTIVE, vkey);
  }

  static LeafBody.PolicyInForce inForce(long epoch) {
    return new LeafBody.PolicyInForce(
        new PolicyReference("payroll", epoch, policyDigest(epoch), epoch));
  }

  static LeafBody enrolment(Admission admission) {
    return new LeafBody.Enrolment(
        commitment("host", "build-8"), Hash.sha256(AK.bytes()), digest("ek"), admission);
  }

  static Hash policyDigest(long epoch) {
    return digest("policy " + epoch);
  }

  static Hash digest(String of) {
    return Hash.sha256(of.getBytes(StandardCharsets.UTF_8));
  }

  static byte[] salt(String of) {
    return digest("salt " + of).bytes();
  }

  static Commitment commitment(String salt, String value) {
    return Commitment.of(salt(salt), value.getBytes(StandardCharsets.UTF_8));
  }

  static UuidV7 uuid(long number) {
    return new UuidV7(
        new UUID(NOW.toEpochMilli() << 16 | 0x7000L, 0x8000_0000_0000_0000L | number));
  }

  static SampleArtifact artifact(long number) {
    return new SampleArtifact()
        .jti(uuid(number))
        .policy(policyDigest(1), 1)
        .execution(uuid(1000 + number));
  }

  @CanIgnoreReturnValue
  Leaf add(List<Leaf> parents, LeafBody body) {
    return addWith(parents.stream().map(Leaf::hash).toList(), body);
  }

  @CanIgnoreReturnValue
  Leaf addWith(List<Hash> parents, LeafBody body) {
    Leaf leaf =
        Leaf.of(NOW.plusSeconds(leaves.size()), uuid(1_000_000 + leaves.size()), parents, body);
    leaves.add(leaf);
    return leaf;
  }

  static LeafBody.DecisionAllow allow(Artifact artifact) {
    return allow(artifact, policyDigest(1), 1);
  }

  static LeafBody.DecisionAllow allow(Artifact artifact, Hash policy, long epoch) {
    return new LeafBody.DecisionAllow(
        artifact.claims().jti(),
        artifact.digest(),
        digest("request " + artifact.claims().jti()),
        EVIDENCE,
        policy,
        epoch,
        commitment("subject", "spiffe://writ.example/payroll"),
        commitment("host of allow", "build-8"),
        Commitment.of(salt("args"), artifact.claims().act().argsDigest().bytes()));
  }

  @CanIgnoreReturnValue
  Leaf allowed(Artifact artifact) {
    return add(List.of(policy, host), allow(artifact));
  }

  /** Asked for under another, as its leaf says. */
  @CanIgnoreReturnValue
  Leaf allowedUnder(Leaf parent, Artifact artifact) {
    LeafBody.DecisionAllow alone = allow(artifact);
    return add(
        List.of(policy, host, parent),
        new LeafBody.DecisionAllow(
            alone.jti(),
            alone.artifactDigest(),
            alone.requestDigest(),
            alone.evidenceDigest(),
            alone.policyDigest(),
            alone.epoch(),
            alone.subject(),
            alone.host(),
            alone.args(),
            Optional.of(((LeafBody.DecisionAllow) parent.body()).jti()),
            Optional.empty()));
  }

  /** By which an execution goes on that began with another, of the same request or of its own. */
  @CanIgnoreReturnValue
  Leaf renewed(Leaf first, Artifact artifact, boolean ofTheSameRequest) {
    LeafBody.DecisionAllow began = (LeafBody.DecisionAllow) first.body();
    LeafBody.DecisionAllow alone = allow(artifact);
    return add(
        List.of(policy, host, first),
        new LeafBody.DecisionAllow(
            alone.jti(),
            alone.artifactDigest(),
            ofTheSameRequest ? began.requestDigest() : alone.requestDigest(),
            alone.evidenceDigest(),
            alone.policyDigest(),
            alone.epoch(),
            alone.subject(),
            alone.host(),
            alone.args(),
            Optional.empty(),
            Optional.of(began.jti())));
  }

  @CanIgnoreReturnValue
  Leaf allowed(long number) {
    return allowed(artifact(number).build());
  }

  static LeafBody.DecisionDeny deny(DenialCode code) {
    return new LeafBody.DecisionDeny(
        code,
        "a_reason",
        Optional.of(digest("denied request")),
        Optional.of(EVIDENCE),
        policyDigest(1),
        1);
  }

  static LeafBody.Outcome outcome(long number) {
    return new LeafBody.Outcome(
        uuid(number), OutcomeState.OK, Reporter.HOLDER, REPORTER, digest("statement"));
  }

  @CanIgnoreReturnValue
  Leaf stands(Leaf enrolment, HostStanding state) {
    Hash ak = ((LeafBody.Enrolment) enrolment.body()).akNameDigest();
    return add(List.of(enrolment), new HostChange(ak, state, RevocationReason.UNSPECIFIED));
  }

  @CanIgnoreReturnValue
  Leaf ended(Leaf allow, long number) {
    return add(List.of(allow), outcome(number));
  }

  static Evaluation evaluation(Optional<DenialCode> code) {
    return new Evaluation(
        code.map(denied -> new Evaluation.Denied(denied, "a_reason")),
        commitment("salt", "a question"),
        policyDigest(1),
        1);
  }

  static Verification verification(long number, Optional<DenialCode> code) {
    return new Verification(
        Optional.of(uuid(number)),
        Verifier.SERVICE,
        Optional.of(REPORTER),
        commitment("salt", "a question"),
        code,
        code.map(denied -> "a_reason"),
        code.isEmpty() ? OptionalLong.of(1) : OptionalLong.empty());
  }

  static LeafBody.Revocation revocation(long number) {
    return new LeafBody.Revocation(uuid(number), RevocationReason.SUPERSEDED);
  }

  static LeafBody.BootRevocation bootRevocation(Hash ak) {
    return new LeafBody.BootRevocation(ak, 13, 0, BootEnd.NEW_BOOT);
  }

  static LeafBody summary() {
    return new LeafBody.Summary(
        NOW,
        NOW.plusSeconds(60),
        List.of(new RefusalCount(DenialCode.UNVERIFIABLE, "body_too_large", 3)));
  }

  static DrillSummary drill() {
    return new DrillSummary(
        NOW, NOW.plusSeconds(20), digest("report"), digest("operator"), false, 30, 1, 11);
  }

  /** Signed by somebody, and used by the operator. */
  static GovernanceStep.Begun breakglass() {
    BreakglassGrant grant =
        new BreakglassGrant(
            "https://writ.example",
            digest("nonce"),
            "For an emergency.",
            Duration.ofHours(1),
            NOW,
            NOW.plusSeconds(3600),
            List.of(new OperatorSignature(digest("approver"), new byte[64])));
    GovernanceOrder.Unsigned use =
        new GovernanceOrder.Unsigned(
            "https://writ.example",
            GovernanceOrder.Kind.USE,
            Optional.of(grant.digest()),
            OptionalLong.empty(),
            "It is needed.",
            NOW,
            digest("another nonce"));
    return new GovernanceStep.Begun(
        grant,
        use.signed(new OperatorSignature(OPERATOR, new byte[64])),
        NOW.plusSeconds(3600),
        NOW.plusSeconds(7200));
  }

  /** Before its time, by the operator. */
  static GovernanceStep end(GovernanceStep.Begun begun) {
    GovernanceOrder.Unsigned end =
        new GovernanceOrder.Unsigned(
            "https://writ.example",
            GovernanceOrder.Kind.END,
            Optional.of(begun.grant().digest()),
            OptionalLong.empty(),
            "It is over.",
            NOW,
            digest("a third nonce"));
    return GovernanceStep.Ordered.of(end.signed(new OperatorSignature(OPERATOR, new byte[64])));
  }

  static ServiceStart start(AkName ak) {
    return new ServiceStart(
        new StartBinding(
            MemoryLog.ORIGIN,
            3,
            digest("root"),
            new TrustReference(1, digest("trust")),
            List.of(new StartBinding.Key(digest("issuer"), KeyRole.ISSUER))),
        new HostState(
            ak,
            List.of(new PcrBankSelection(PcrBankSelection.Bank.SHA256, List.of(0, 7))),
            digest("pcrs"),
            12,
            3),
        digest("start evidence"),
        Optional.empty());
  }

  static Operation operation() {
    return new Operation(
        "https://writ.example",
        1,
        digest("nonce"),
        NOW,
        NOW.plusSeconds(3600),
        Optional.of(OPERATOR),
        new Operation.DestroyKey(digest("issuer")));
  }

  static OperationStep.Proposed proposed() {
    return new OperationStep.Proposed(
        operation(), Optional.of(new OperatorSignature(OPERATOR, new byte[64])));
  }

  static OperationStep.Approved approved() {
    return new OperationStep.Approved(
        OperationKind.DESTROY_KEY,
        new OperationApproval(
            operation().digest(),
            new OperatorSignature(digest("second operator"), new byte[64]),
            Optional.empty()));
  }

  static KeyChange destroyed() {
    return KeyChange.of(digest("issuer"), KeyRole.ISSUER, KeyState.DESTROYED, operation().digest());
  }

  /** One of every kind, and nothing wrong with any; the allow is leaf 5, its outcome leaf 6. */
  static SampleLog whole() {
    SampleLog log = new SampleLog();
    Leaf allow = log.allowed(1);
    log.ended(allow, 1);
    log.add(List.of(allow), revocation(1));
    log.add(List.of(log.policy, log.host), deny(DenialCode.ENVIRONMENT_UNTRUSTED));
    log.add(List.of(log.policy, log.host), deny(DenialCode.POLICY_DENIED));
    log.add(List.of(log.host), bootRevocation(Hash.sha256(AK.bytes())));
    log.add(List.of(log.issuer, log.host), start(AK));
    log.add(List.of(), summary());
    log.add(List.of(log.policy), proposed());
    log.add(List.of(log.policy), approved());
    log.add(List.of(), destroyed());
    log.add(List.of(log.issuer, log.policy), inForce(2));
    return log;
  }

  Lineage read(Artifact... opened) throws IOException {
    return Lineage.read(MemoryLog.ofLeaves(leaves).open(), openings(opened));
  }

  static Openings openings(Artifact... opened) {
    Openings.Builder openings = new Openings.Builder();
    for (Artifact artifact : opened) {
      try {
        openings.add(artifact.compact().getBytes(StandardCharsets.US_ASCII));
      } catch (MalformedOpeningException e) {
        throw new IllegalStateException(e);
      }
    }
    return openings.build();
  }

  List<Finding> findings(Artifact... opened) throws IOException {
    return LineageCheck.check(read(opened), 0, leaves.size()).findings();
  }

  static String[] words(List<Finding> findings) {
    return findings.stream()
        .map(finding -> finding.leaf() + " " + finding.rule().wire())
        .toArray(String[]::new);
  }

  @Override
  public String toString() {
    return Arrays.toString(leaves.toArray());
  }
}
