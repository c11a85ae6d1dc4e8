// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.artifact.Act;
import dev.writ.artifact.AkName;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.Ear;
import dev.writ.artifact.Environment;
import dev.writ.artifact.Governance;
import dev.writ.artifact.JwkThumbprint;
import dev.writ.artifact.KeyQuorum;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.Lineage;
import dev.writ.artifact.PcrBankSelection;
import dev.writ.artifact.PolicyReference;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.StatusClaims;
import dev.writ.artifact.StatusGovernance;
import dev.writ.artifact.StatusList;
import dev.writ.artifact.StatusReference;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustedKey;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.VerificationKey;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Hash;
import dev.writ.tlog.KeyPairNoteSigner;
import dev.writ.tlog.MalformedTileException;
import dev.writ.tlog.NoteSigningException;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TlogProof;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Proof bundles as a service gives them out, and the trust file under which they hold. No two have
 * anything in common that a verifier could remember: each has its own artifact, leaf, checkpoint and
 * status token. A gateway meets one token in many bundles, so each is there with a common token too. The
 * keys are in memory, since the verifier cannot tell.
 */
final class Bundles {
  static final String GATEWAY = "gateway.example.com";
  static final String TENANT = "acme";

  private static final String ISSUER = "https://writ.example.com";
  private static final String ORIGIN = "writ.example.com/ledger";
  private static final int COUNT = 512;

  /** Leaves in the log before the first bundle's: a path has some twenty hashes in a year's log. */
  private static final int EARLIER_LEAVES = 1 << 18;

  private static final Duration LIFETIME = Duration.ofMinutes(5);
  private static final String STATUS_URI = ISSUER + "/status";

  /** Of 131,072 artifacts of the list; each that is withdrawn lengthens its token. */
  private static final int REVOKED = 200;

  private final SecureRandom random = new SecureRandom();
  private final Instant issued = Instant.ofEpochSecond(Instant.now().getEpochSecond());
  private final KeyPair issuer = newKeyPair();
  private final KeyPair log = newKeyPair();
  private final KeyPair status = newKeyPair();
  private final KeyPair operator = newKeyPair();
  private final TileStore tree = new TileStore();
  private final Act act = new Act("deploy", "cluster/production", randomHash(), Map.of(), 0);
  private final BitSet revoked = new BitSet();
  private final PolicyReference policy = new PolicyReference("production", 12, randomHash(), 40);
  private Hash earlierRoot = randomHash();
  private final List<byte[]> bundles = new ArrayList<>();
  private final List<byte[]> withCommonToken = new ArrayList<>();

  private Bundles() throws GeneralSecurityException {}

  /** The issuer before it has issued anything. */
  static Bundles newIssuer() throws GeneralSecurityException {
    return new Bundles();
  }

  static Bundles issue()
      throws GeneralSecurityException, IOException, MalformedTileException, NoteSigningException {
    Bundles bundles = newIssuer();
    for (int i = 0; i < EARLIER_LEAVES; i++) {
      bundles.tree.append(Hash.sha256(ByteBuffer.allocate(Integer.BYTES).putInt(i).array()));
    }
    bundles.earlierRoot = bundles.tree.root();
    while (bundles.revoked.cardinality() < REVOKED) {
      bundles.revoked.set(COUNT + bundles.random.nextInt(StatusReference.MAX_LIST - COUNT));
    }
    KeyPairNoteSigner signer = KeyPairNoteSigner.of(ORIGIN, bundles.log);
    StatusToken common = bundles.token();
    for (int i = 0; i < COUNT; i++) {
      bundles.issueOne(signer, common);
    }
    return bundles;
  }

  int count() {
    return bundles.size();
  }

  /** A bundle's JSON. */
  byte[] bundle(int index) {
    return bundles.get(index);
  }

  /** The same bundle's JSON, with the token that all have in common. */
  byte[] withCommonToken(int index) {
    return withCommonToken.get(index);
  }

  /** When all of them hold. */
  Instant now() {
    return issued.plusSeconds(1);
  }

  /** What they permit. */
  Act act() {
    return act;
  }

  /** A signing input as long as an issuer's are. */
  byte[] signingInput() {
    return Artifact.signingInput(randomHash(), claims());
  }

  /** The dev trust file that believes issuer, log and status. */
  TrustFile trust() {
    return TrustFile.of(
        new TrustContent(
            ISSUER,
            1,
            Optional.empty(),
            TrustContent.Assurance.DEV,
            List.of(trusted(issuer, KeyRole.ISSUER), trusted(status, KeyRole.STATUS)),
            "log " + KeyPairNoteSigner.of(ORIGIN, log).key().vkey() + "\nquorum none\n",
            Optional.of(new TrustContent.StatusSource(STATUS_URI, LIFETIME)),
            Duration.ZERO,
            List.of(),
            Optional.empty(),
            List.of(),
            new KeyQuorum(1, List.of(VerificationKey.of((ECPublicKey) operator.getPublic())))),
        List.of());
  }

  private TrustedKey trusted(KeyPair pair, KeyRole role) {
    return new TrustedKey(
        VerificationKey.of((ECPublicKey) pair.getPublic()),
        role,
        issued.minus(LIFETIME),
        issued.plus(LIFETIME),
        KeyState.ACTIVE);
  }

  /** ECDSA signs the same list as another token each time. */
  private StatusToken token() throws GeneralSecurityException {
    StatusClaims claims =
        new StatusClaims(
            StatusReference.listUri(STATUS_URI, 0),
            issued,
            issued.plus(LIFETIME),
            StatusClaims.MAX_TTL,
            StatusList.of(StatusList.MAX_SIZE, revoked),
            new StatusGovernance(
                policy.epoch(), policy.epoch(), policy.digest(), EARLIER_LEAVES, earlierRoot, 1));
    byte[] input =
        StatusToken.signingInput(JwkThumbprint.of((ECPublicKey) status.getPublic()), claims);
    return StatusToken.assemble(input, sign(status, input));
  }

  private static byte[] sign(KeyPair pair, byte[] message) throws GeneralSecurityException {
    Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
    signature.initSign(pair.getPrivate());
    signature.update(message);
    return signature.sign();
  }

  private void issueOne(KeyPairNoteSigner signer, StatusToken common)
      throws GeneralSecurityException, IOException, MalformedTileException, NoteSigningException {
    ArtifactClaims claims = claims();
    byte[] input =
        Artifact.signingInput(JwkThumbprint.of((ECPublicKey) issuer.getPublic()), claims);
    Artifact artifact = Artifact.assemble(input, sign(issuer, input));

    Leaf leaf = Leaf.of(issued, newId(), List.of(randomHash()), decision(artifact));
    long index = tree.size();
    tree.append(leaf.hash());
    SignedNote checkpoint =
        SignedNote.sign(new Checkpoint(ORIGIN, tree.size(), tree.root()).noteText(), signer);
    TlogProof proof = TlogProof.of(tree.inclusionProof(index), checkpoint);
    bundles.add(ProofBundle.of(artifact, leaf, proof.format(), token()).toJson());
    withCommonToken.add(ProofBundle.of(artifact, leaf, proof.format(), common).toJson());
  }

  private ArtifactClaims claims() {
    byte[] akName = ByteBuffer.allocate(2 + Hash.BYTES).putShort((short) 0x000b).array();
    return new ArtifactClaims(
        ISSUER,
        "spiffe://example.com/ns/build/sa/agent",
        List.of(GATEWAY),
        issued,
        issued,
        issued.plus(LIFETIME),
        newId(),
        randomHash(),
        TENANT,
        act,
        new Environment(
            AkName.of(akName),
            List.of(
                new PcrBankSelection(
                    PcrBankSelection.Bank.SHA256,
                    List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14))),
            randomHash(),
            17,
            0,
            Environment.KeyStorage.TPM),
        policy,
        new Governance("host:build-07", List.of(), List.of(), Governance.Mode.DEV),
        Lineage.rootOf(newId()),
        Optional.of(new StatusReference(bundles.size(), StatusReference.listUri(STATUS_URI, 0))),
        ORIGIN,
        new Ear(
            issued,
            new Ear.VerifierId("Writ", "writ 0.1.0"),
            Map.of(
                "host",
                new Ear.Appraisal(
                    Ear.Tier.AFFIRMING,
                    Map.of(Ear.Claim.INSTANCE_IDENTITY, 2, Ear.Claim.EXECUTABLES, 2),
                    List.of("urn:sha256:" + randomHash().hex()))),
            Optional.empty()));
  }

  private LeafBody decision(Artifact artifact) {
    ArtifactClaims claims = artifact.claims();
    return new LeafBody.DecisionAllow(
        claims.jti(),
        artifact.digest(),
        claims.request().digest(),
        randomHash(),
        claims.policy().digest(),
        claims.policy().epoch(),
        new Commitment(randomHash()),
        new Commitment(randomHash()),
        new Commitment(randomHash()),
        claims.lineage().parent(),
        Optional.empty());
  }

  private UuidV7 newId() {
    return UuidV7.next(InstantSource.fixed(issued), random);
  }

  private Hash randomHash() {
    byte[] bytes = new byte[Hash.BYTES];
    random.nextBytes(bytes);
    return Hash.of(bytes);
  }

  private KeyPair newKeyPair() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"), random);
    return generator.generateKeyPair();
  }
}
