// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.StatusClaims;
import dev.writ.artifact.StatusGovernance;
import dev.writ.artifact.StatusList;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustedKey;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.VerificationKey;
import dev.writ.lineage.Lineage;
import dev.writ.lineage.Openings;
import dev.writ.tlog.CheckpointOutcome;
import dev.writ.tlog.TlogProof;
import dev.writ.tlog.TrustedCheckpoint;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The artifact of the worked example in a pack, under keys that have gone through what keys go through. */
class PackedArtifactsTest {
  private static final Path EXAMPLE =
      Path.of("../../verifier/artifact/src/test/resources/worked-example");
  private static final long AT = 6;
  private static final Instant LATER = Instant.parse("2027-01-01T00:00:00Z");
  private static final Instant END = Instant.parse("2027-10-01T00:00:00Z");

  private final PackInMemory memory = new PackInMemory();
  private ProofBundle bundle;
  private TrustContent example;

  @BeforeEach
  void pack() throws Exception {
    bundle = ProofBundle.parse(Files.readAllBytes(EXAMPLE.resolve("bundle.json")));
    example = TrustFile.parse(Files.readAllBytes(EXAMPLE.resolve("trust.json"))).content();
    TlogProof proof = TlogProof.parse(bundle.tlogProof());
    memory.put(PackNames.CHECKPOINT, proof.note().bytes());
    memory.put(PackNames.leaf(AT), bundle.leaf());
    memory.put(PackNames.proof(AT), bundle.tlogProof().getBytes(StandardCharsets.UTF_8));
    memory.put(
        PackNames.QUESTION,
        new PackQuestion(AT, AT + 1, false, "acme", List.of(), List.of(), List.of()).toJson());
  }

  private TrustContent with(List<TrustedKey> keys) {
    return new TrustContent(
        example.issuer(),
        example.version(),
        example.previous(),
        example.assurance(),
        keys,
        example.logPolicy(),
        example.status(),
        example.skew(),
        example.tls(),
        example.policyApprovers(),
        example.gateways(),
        example.operators());
  }

  /** The example's trust file with another issuer key. */
  private TrustContent withIssuer(UnaryOperator<TrustedKey> changed) {
    return with(
        example.keys().stream()
            .map(key -> key.role() == KeyRole.ISSUER ? changed.apply(key) : key)
            .toList());
  }

  private static TrustedKey compromised(TrustedKey key, OptionalLong from) {
    return new TrustedKey(key.key(), key.role(), key.nbf(), key.exp(), KeyState.COMPROMISED, from);
  }

  /** The example's trust file, which says of the log's key when it signs. */
  private TrustContent withLogKey(Instant nbf, Instant exp, KeyState state) throws Exception {
    byte[] spki = TrustFile.of(example, List.of()).logPolicy().logs().get(0).key().publicKey();
    ECPublicKey key =
        (ECPublicKey) KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(spki));
    List<TrustedKey> keys = new ArrayList<>(example.keys());
    keys.add(
        new TrustedKey(
            VerificationKey.of(key), KeyRole.CHECKPOINT, nbf, exp, state, OptionalLong.empty()));
    return with(keys);
  }

  private PackTrust follow(TrustContent content) throws Exception {
    TrustFile trust = TrustFile.of(content, List.of());
    memory.put(PackNames.trust(1), trust.toJson());
    return PackTrust.follow(PackContents.read(memory), trust);
  }

  private PackCheck bundles(TrustContent content) throws Exception {
    PackTrust trust = follow(content);
    TreeMap<Long, ProofBundle> bundles = new TreeMap<>();
    bundles.put(AT, bundle);
    return new PackedArtifacts(PackContents.read(memory), trust, bundles).bundles();
  }

  private CheckpointOutcome checkpoint(TrustContent content) throws Exception {
    return follow(content).verifyCheckpoint(PackContents.read(memory));
  }

  private static void fails(PackCheck check, String why) {
    assertThat(check.outcome()).as(check.what()).isEqualTo(PackCheck.Outcome.FAILS);
    assertThat(check.what()).contains(why);
  }

  @Test
  void artifact_asItWasIssued_holds() throws Exception {
    PackCheck check = bundles(example);
    assertThat(check.outcome()).as(check.what()).isEqualTo(PackCheck.Outcome.HOLDS);
    assertThat(check.what()).isEqualTo("1 held when they were issued");
  }

  @Test
  void artifact_ofAKeyThatNobodyBelieves_isFound() throws Exception {
    PackCheck check =
        bundles(with(example.keys().stream().filter(key -> key.role() != KeyRole.ISSUER).toList()));
    fails(check, "leaf 6: signature must be: ");
  }

  /** That the verifier calls a compromised key revoked must not make of it what a later token says. */
  @Test
  void artifact_ofACompromisedKey_holdsWhereItStandsBeforeTheCompromise() throws Exception {
    fails(
        bundles(withIssuer(key -> compromised(key, OptionalLong.empty()))),
        "leaf 6: key must be: ");
    fails(bundles(withIssuer(key -> compromised(key, OptionalLong.of(AT)))), "compromised from 6");
    assertThat(bundles(withIssuer(key -> compromised(key, OptionalLong.of(AT + 1)))).outcome())
        .isEqualTo(PackCheck.Outcome.HOLDS);
  }

  @Test
  void artifact_outsideTheWindowOfItsKey_isFound() throws Exception {
    fails(
        bundles(
            withIssuer(
                key ->
                    new TrustedKey(
                        key.key(), key.role(), LATER, END, key.state(), OptionalLong.empty()))),
        "leaf 6: key must be: ");
  }

  @Test
  void artifact_thatIsNotTheLeafs_isFound() throws Exception {
    UuidV7 another = SampleLeaves.uuid();
    memory.put(PackNames.leaf(AT), SampleLeaves.born(LATER).allow(another).leaf(2).bytes());
    fails(bundles(withLogKey(LATER, END, KeyState.ACTIVE)), "leaf 6: ");
    memory.put(
        PackNames.leaf(AT),
        SampleLeaves.born(Leaf.parse(bundle.leaf()).time()).allow(another).leaf(2).bytes());
    fails(bundles(example), "leaf and artifact must agree");
  }

  /** A log that got another key since signs old leaves with it. */
  @Test
  void artifact_ofBeforeTheLogsKey_holds() throws Exception {
    TrustContent rotated = withLogKey(LATER, END, KeyState.ACTIVE);
    assertThat(bundles(rotated).outcome()).isEqualTo(PackCheck.Outcome.HOLDS);
    assertThat(checkpoint(rotated)).isInstanceOf(TrustedCheckpoint.class);
  }

  @Test
  void checkpoint_ofAKeyThatHadEnded_isNotBelieved() throws Exception {
    Instant nbf = example.keys().get(0).nbf();
    assertThat(checkpoint(withLogKey(nbf, END, KeyState.ACTIVE)))
        .isInstanceOf(TrustedCheckpoint.class);
    assertThat(checkpoint(withLogKey(nbf, nbf.plusSeconds(60), KeyState.RETIRED)))
        .isInstanceOf(CheckpointOutcome.Refused.class);
  }

  @Test
  void statusToken_thatIsNone_isFound() throws Exception {
    memory.put(PackNames.STATUS_TOKEN, "a.b.c".getBytes(StandardCharsets.UTF_8));
    PackTrust trust = follow(example);
    PackCheck check = status(trust, new TreeMap<>());
    assertThat(check.outcome()).isEqualTo(PackCheck.Outcome.FAILS);
  }

  @Test
  void statusToken_ofTheService_saysWhichOfTheArtifactsAreRevoked() throws Exception {
    memory.put(
        PackNames.STATUS_TOKEN,
        bundle.statusListToken().orElseThrow().getBytes(StandardCharsets.UTF_8));
    PackTrust trust = follow(example);
    TreeMap<Long, ProofBundle> bundles = new TreeMap<>();
    bundles.put(AT, bundle);
    PackCheck check = status(trust, bundles);
    assertThat(check.outcome()).as(check.what()).isEqualTo(PackCheck.Outcome.HOLDS);
    assertThat(check.what()).endsWith("of 1 artifacts it speaks of 1, of which none is revoked");
  }

  private PackCheck status(PackTrust trust, SortedMap<Long, ProofBundle> bundles) throws Exception {
    PackContents contents = PackContents.read(memory);
    Lineage lineage =
        Lineage.of(new PackedLeafSource(contents), new TreeSet<>(Set.of(AT)), Openings.NONE);
    return new PackedArtifacts(contents, trust, bundles)
        .status(PackedRevocations.of(contents, lineage));
  }

  /** The example's token, in which the artifact is revoked, by a status key of the trust file. */
  private PackCheck revokingToken(long treeSize) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    KeyPair status = generator.generateKeyPair();
    VerificationKey key = VerificationKey.of((ECPublicKey) status.getPublic());
    StatusClaims was = StatusToken.parse(bundle.statusListToken().orElseThrow()).claims();
    BitSet revoked = new BitSet();
    revoked.set(Artifact.parse(bundle.artifact()).claims().status().orElseThrow().idx());
    StatusGovernance now = was.writ();
    byte[] input =
        StatusToken.signingInput(
            key.kid(),
            new StatusClaims(
                was.listUri(),
                was.iat(),
                was.exp(),
                was.ttl(),
                StatusList.of(StatusList.MAX_SIZE, revoked),
                new StatusGovernance(
                    now.epoch(),
                    now.minEpoch(),
                    now.policyDigest(),
                    treeSize,
                    now.root(),
                    now.trustVersion())));
    Signature signer = Signature.getInstance("SHA256withECDSAinP1363Format");
    signer.initSign(status.getPrivate());
    signer.update(input);
    memory.put(
        PackNames.STATUS_TOKEN,
        StatusToken.assemble(input, signer.sign()).compact().getBytes(StandardCharsets.UTF_8));
    PackTrust trust =
        follow(
            with(
                example.keys().stream()
                    .map(
                        each ->
                            each.role() == KeyRole.STATUS
                                ? new TrustedKey(
                                    key,
                                    each.role(),
                                    each.nbf(),
                                    each.exp(),
                                    each.state(),
                                    OptionalLong.empty())
                                : each)
                    .toList()));
    TreeMap<Long, ProofBundle> bundles = new TreeMap<>();
    bundles.put(AT, bundle);
    return status(trust, bundles);
  }

  /** What a token revokes some leaf did; where the log went on behind the checkpoint it may be there. */
  @Test
  void statusToken_thatRevokesWhatNoLeafHereDid_showsThatOneWasLeftOut() throws Exception {
    long size = AT + 1;
    fails(revokingToken(size), "the artifact of leaf 6 is revoked by it, so that a leaf below 7");
    PackCheck later = revokingToken(size + 1);
    assertThat(later.outcome()).as(later.what()).isEqualTo(PackCheck.Outcome.HOLDS);
    assertThat(later.what()).endsWith("are revoked those of leaves 6");
  }
}
