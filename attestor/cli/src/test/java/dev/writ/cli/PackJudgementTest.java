// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.AkName;
import dev.writ.artifact.KeyAlgorithm;
import dev.writ.artifact.KeyQuorum;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.OperationKind;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.OperatorSignature;
import dev.writ.artifact.OutcomeState;
import dev.writ.artifact.PolicyReference;
import dev.writ.artifact.Reporter;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.RequestApproved;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustReference;
import dev.writ.artifact.VerificationKey;
import dev.writ.ledger.Host;
import dev.writ.ledger.HostState;
import dev.writ.ledger.InstanceKey;
import dev.writ.ledger.KeptBootLog;
import dev.writ.lineage.VerifiedLeaves;
import dev.writ.service.ReplayStep;
import dev.writ.service.Replayed;
import dev.writ.service.StepOutcome;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Hash;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TlogProof;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is judged of leaves that are proven: of a log whose service wrote what it must not. */
class PackJudgementTest {
  private static final Instant TIME = Instant.parse("2026-11-21T06:00:00Z");
  private static final Path EXAMPLE =
      Path.of("../../verifier/artifact/src/test/resources/worked-example/trust.json");
  private static final Hash ANY = SampleLeaves.digest("any");

  private final List<Leaf> leaves = new ArrayList<>();
  private final PackInMemory memory = new PackInMemory();
  private KeyPair operator;
  private TrustFile trust;

  @BeforeEach
  void believe() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    operator = generator.generateKeyPair();
    trust = TrustFile.of(content(1, Optional.empty()), List.of());
    memory.put(PackNames.trust(1), trust.toJson());
    key("first");
    add(List.of(leaves.get(0).hash()), policy());
  }

  private TrustContent content(long version, Optional<Hash> previous) throws Exception {
    TrustContent c = TrustFile.parse(Files.readAllBytes(EXAMPLE)).content();
    return new TrustContent(
        c.issuer(),
        version,
        previous,
        c.assurance(),
        c.keys(),
        c.logPolicy(),
        c.status(),
        c.skew(),
        c.tls(),
        c.policyApprovers(),
        c.gateways(),
        new KeyQuorum(1, List.of(VerificationKey.of((ECPublicKey) operator.getPublic()))));
  }

  private static LeafBody policy() {
    return new LeafBody.PolicyInForce(new PolicyReference("p", 1, ANY, 1));
  }

  private void key(String name) {
    add(
        List.of(),
        new LeafBody.KeyStatement(
            SampleLeaves.digest(name),
            KeyRole.ISSUER,
            KeyAlgorithm.ES256,
            KeyState.ACTIVE,
            Optional.empty()));
  }

  private void add(List<Hash> parents, LeafBody body) {
    leaves.add(Leaf.of(TIME.plusSeconds(leaves.size()), SampleLeaves.uuid(), parents, body));
  }

  private byte[] signature(byte[] message) throws Exception {
    Signature signer = Signature.getInstance("SHA256withECDSAinP1363Format");
    signer.initSign(operator.getPrivate());
    signer.update(message);
    return signer.sign();
  }

  private void approval(String signed) throws Exception {
    RequestApproval.Terms terms =
        new RequestApproval.Terms(
            trust.content().issuer(),
            ANY,
            ANY,
            Optional.empty(),
            ANY,
            TIME,
            TIME.plusSeconds(600),
            VerificationKey.of((ECPublicKey) operator.getPublic()).kid());
    byte[] message =
        signed.isEmpty() ? terms.signingInput() : signed.getBytes(StandardCharsets.UTF_8);
    add(
        List.of(leaves.get(1).hash()),
        new RequestApproved(new RequestApproval(terms, signature(message))));
  }

  private PackContents contents() throws Exception {
    SampleLog log = SampleLog.of(leaves.stream().map(Leaf::bytes).toList());
    SignedNote note = SignedNote.parse(log.readCheckpoint().orElseThrow());
    VerifiedLeaves proven = new VerifiedLeaves(log, Checkpoint.parse(note.text()), note);
    memory.put(PackNames.CHECKPOINT, note.bytes());
    memory.put(
        PackNames.QUESTION,
        new PackQuestion(0, leaves.size(), true, "demo", List.of(), List.of(), List.of()).toJson());
    for (int at = 0; at < leaves.size(); at++) {
      memory.put(PackNames.leaf(at), leaves.get(at).bytes());
      memory.put(
          PackNames.proof(at),
          TlogProof.of(proven.proof(at), note).format().getBytes(StandardCharsets.UTF_8));
    }
    return PackContents.read(memory);
  }

  private PackJudgement judgement() throws Exception {
    PackContents contents = contents();
    return new PackJudgement(contents, PackTrust.follow(contents, trust));
  }

  private static void holds(PackCheck check) {
    assertThat(check.outcome()).as(check.what()).isEqualTo(PackCheck.Outcome.HOLDS);
  }

  private static void fails(PackCheck check, String why) {
    assertThat(check.outcome()).as(check.what()).isEqualTo(PackCheck.Outcome.FAILS);
    assertThat(check.what()).contains(why);
  }

  private PackCheck lineage() throws Exception {
    PackContents contents = contents();
    PackTrust followed = PackTrust.follow(contents, trust);
    return new PackJudgement(contents, followed).lineage(PackDerivation.of(contents, followed));
  }

  @Test
  void leavesThatFollow_hold() throws Exception {
    approval("");
    holds(judgement().keys());
    holds(judgement().approvals());
    assertThat(judgement().approvals().what()).startsWith("1 signed by whom");
    holds(lineage());
  }

  @Test
  void approval_thatNobodySigned_isFound() throws Exception {
    approval("something else");
    fails(judgement().approvals(), "leaf 2: ");
  }

  @Test
  void secondKeyThatSigns_isFound() throws Exception {
    key("second");
    fails(judgement().keys(), "leaf 2: of role issuer one key must be active");
  }

  @Test
  void outcomeOfNothing_isFound() throws Exception {
    add(
        List.of(),
        new LeafBody.Outcome(
            SampleLeaves.uuid(), OutcomeState.OK, Reporter.HOLDER, ANY, SampleLeaves.digest("s")));
    fails(lineage(), "leaf 2 breaks ");
  }

  @Test
  void policyWhoseDocumentIsAnother_isFound() throws Exception {
    memory.put(PackNames.policy(1), "{}".getBytes(StandardCharsets.UTF_8));
    fails(judgement().policies(), "the policy of leaf 1: ");
    fails(judgement().payloads(), "beside leaf 1 must lie nothing it names");
  }

  @Test
  void trustFile_thatOperatorsSigned_follows() throws Exception {
    TrustContent next = content(2, Optional.of(trust.digest()));
    TrustFile second =
        TrustFile.of(
            next,
            List.of(
                new OperatorSignature(
                    VerificationKey.of((ECPublicKey) operator.getPublic()).kid(),
                    signature(next.signingInput()))));
    memory.put(PackNames.trust(2), second.toJson());
    published(second);
    assertThat(PackTrust.follow(contents(), trust).newest().digest()).isEqualTo(second.digest());
    // Who has the second has the first by its digest.
    TrustFile pinned = TrustFile.pinned(second.toJson(), second.digest());
    assertThat(PackTrust.follow(contents(), pinned).first().digest()).isEqualTo(trust.digest());
  }

  private void published(TrustFile file) {
    add(
        List.of(),
        new OperationStep.Ended(
            OperationKind.PUBLISH_TRUST,
            ANY,
            OperationStep.End.EXECUTED,
            Optional.of(TrustReference.of(file)),
            Optional.empty()));
  }

  /** What is of after it would be judged by the one before, by which more may have been allowed. */
  @Test
  void trustFile_whosePublicationWasLeftOut_isFound() throws Exception {
    TrustContent next = content(2, Optional.of(trust.digest()));
    TrustFile second =
        TrustFile.of(
            next,
            List.of(
                new OperatorSignature(
                    VerificationKey.of((ECPublicKey) operator.getPublic()).kid(),
                    signature(next.signingInput()))));
    memory.put(PackNames.trust(2), second.toJson());
    PackContents contents = contents();
    TrustFile pinned = TrustFile.pinned(second.toJson(), second.digest());
    for (TrustFile believed : List.of(trust, pinned)) {
      assertThatThrownBy(() -> PackTrust.follow(contents, believed))
          .isInstanceOf(MalformedPackException.class)
          .hasMessageContaining("published by a leaf of the pack");
    }
  }

  @Test
  void trustFile_thatNobodySigned_isFound() throws Exception {
    memory.put(
        PackNames.trust(2),
        TrustFile.of(content(2, Optional.of(trust.digest())), List.of()).toJson());
    PackContents contents = contents();
    assertThatThrownBy(() -> PackTrust.follow(contents, trust))
        .isInstanceOf(MalformedPackException.class)
        .hasMessageContaining("one that follows the one before it");
  }

  @Test
  void trustFile_beforeTheBelievedOne_isTheOneThatItNames() throws Exception {
    TrustContent next = content(2, Optional.of(SampleLeaves.digest("another first")));
    TrustFile second = TrustFile.of(next, List.of());
    memory.put(PackNames.trust(2), second.toJson());
    TrustFile pinned = TrustFile.pinned(second.toJson(), second.digest());
    PackContents contents = contents();
    assertThatThrownBy(() -> PackTrust.follow(contents, pinned))
        .isInstanceOf(MalformedPackException.class)
        .hasMessageContaining("the one that version 2 names");
  }

  @Test
  void leafOfAnotherTree_isNotProven() throws Exception {
    PackContents whole = contents();
    assertThat(whole.leaves().values()).allMatch(PackContents.Packed::isProven);
    byte[] first = memory.bytes(PackNames.proof(0));
    memory.put(PackNames.proof(1), first);
    assertThat(PackContents.read(memory).at(1).isProven()).isFalse();
  }

  @Test
  void parentThatWasLeftOut_isFound() throws Exception {
    approval("");
    PackContents whole = contents();
    assertThat(whole.leaves()).hasSize(3);
    memory.remove(PackNames.leaf(1));
    memory.remove(PackNames.proof(1));
    PackContents less = PackContents.read(memory);
    PackTrust followed = PackTrust.follow(less, trust);
    fails(
        new PackJudgement(less, followed).lineage(PackDerivation.of(less, followed)),
        "leaf 2 breaks ");
  }

  private PackCheck replayed(StepOutcome outcome) throws Exception {
    Replayed.Step step = new Replayed.Step(ReplayStep.DECISION, outcome);
    return judgement()
        .replays(List.of(new Replayed(1, Optional.of("one"), "allow", List.of(step), ANY)));
  }

  @Test
  void decisionThatComesOutOtherwise_isFound() throws Exception {
    holds(replayed(new StepOutcome.Same("")));
    fails(
        replayed(new StepOutcome.Differs("decision", "allow", "deny")),
        "leaf 1 decision differs: ");
    fails(
        replayed(new StepOutcome.Contradicts("decision", "of the leaf", "another")),
        "leaf 1 decision contradicts: ");
  }

  @Test
  void decisionThatCannotBeMadeAgain_isNotShown_andWhatWasErasedIsMissing() throws Exception {
    Map<StepOutcome, PackCheck.Outcome> less =
        Map.of(
            new StepOutcome.NotKept("a list"), PackCheck.Outcome.NOT_SHOWN,
            new StepOutcome.Erased(""), PackCheck.Outcome.MISSING);
    for (Map.Entry<StepOutcome, PackCheck.Outcome> each : less.entrySet()) {
      PackCheck check = replayed(each.getKey());
      assertThat(check.outcome()).isEqualTo(each.getValue());
      assertThat(check.what()).startsWith("0 decisions come out the same").contains("1 as far as");
    }
  }

  private static byte[] akName() {
    byte[] sha256 = new byte[34];
    sha256[1] = 0x0b;
    return sha256;
  }

  /** One row twice, which one reader would take and another pass over. */
  @Test
  void questionWithTwoRowsOfOne_isRefused() throws Exception {
    assertThat(contents().leaves()).hasSize(2);
    AkName name = AkName.of(akName());
    Host host = new Host(name, ANY, "a", new byte[1], HostState.ACTIVE, 0);
    PackQuestion.BootLogRow log =
        new PackQuestion.BootLogRow(0, name, KeptBootLog.Decision.ALLOWED, 1);
    List<PackQuestion.BootLogRow> tooMany = new ArrayList<>();
    for (int leaf = 0; leaf < 4; leaf++) {
      tooMany.add(new PackQuestion.BootLogRow(leaf, name, KeptBootLog.Decision.ALLOWED, 1));
    }
    InstanceKey key = new InstanceKey(name, ANY, ANY, 0);
    for (PackQuestion question :
        List.of(
            new PackQuestion(0, 1, true, "t", List.of(host, host), List.of(), List.of()),
            new PackQuestion(0, 1, true, "t", List.of(), List.of(key, key), List.of()),
            new PackQuestion(0, 1, true, "t", List.of(), List.of(), List.of(log, log)),
            new PackQuestion(0, 1, true, "t", List.of(), List.of(), tooMany))) {
      assertThatThrownBy(() -> PackQuestion.parse(question.toJson()))
          .isInstanceOf(MalformedPackException.class);
    }
    assertThatThrownBy(
            () ->
                PackQuestion.parse(
                    (" " + new String(memory.bytes(PackNames.QUESTION), StandardCharsets.UTF_8))
                        .getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(MalformedPackException.class)
        .hasMessageContaining("canonical");
  }
}
