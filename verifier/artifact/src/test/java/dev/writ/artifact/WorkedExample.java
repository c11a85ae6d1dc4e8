// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.artifact.PcrBankSelection.Bank;
import dev.writ.artifact.TrustContent.Assurance;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Hash;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.KeyPairNoteSigner;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.NoteSigningException;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TlogProof;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One complete example of all formats, from keys, salts, times and identifiers that are written here.
 * Everything but the two ECDSA signatures follows from them; the signatures are kept in the files.
 *
 * <p>The ledger of the example has five entries: 0 the issuer's key, 1 the log's key, 2 the policy that
 * opens epoch 1, 3 the host, 4 the decision, which comes from 2 and 3.
 */
final class WorkedExample {
  static final Instant NOW = Instant.parse("2026-11-02T08:01:00Z");

  private static final String ISSUER = "https://writ.example";
  private static final String ORIGIN = "writ.example/log";
  private static final Instant BIRTH = Instant.parse("2026-11-02T07:00:00Z");
  private static final Instant DECIDED = Instant.parse("2026-11-02T08:00:00Z");
  private static final UuidV7 JTI = UuidV7.parse("01a19b45-b800-7000-8000-000000000001");
  private static final UuidV7 EXECUTION = UuidV7.parse("01a19b45-b800-7000-8000-000000000002");
  private static final Hash POLICY = hash("worked example: the policy document");
  private static final AkName AK = akName();

  private WorkedExample() {}

  private static Hash hash(String text) {
    return Hash.sha256(ascii(text));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** TPM_ALG_SHA256 and the digest of a public area. */
  private static AkName akName() {
    byte[] name = new byte[34];
    name[1] = 0x0b;
    System.arraycopy(hash("worked example: the AK's public area").bytes(), 0, name, 2, 32);
    return AkName.of(name);
  }

  /** A salt of 32 equal bytes, which no real salt is. */
  private static byte[] salt(int value) {
    byte[] salt = new byte[Commitment.SALT_BYTES];
    Arrays.fill(salt, (byte) value);
    return salt;
  }

  static TrustFile trust() {
    TrustedKey issuer =
        new TrustedKey(
            TestKey.ISSUER.verification(),
            KeyRole.ISSUER,
            Instant.parse("2026-11-01T00:00:00Z"),
            Instant.parse("2027-11-01T00:00:00Z"),
            KeyState.ACTIVE);
    return TrustFile.of(
        new TrustContent(
            ISSUER,
            1,
            Optional.empty(),
            Assurance.DEV,
            List.of(issuer),
            "log " + logKey() + "\nquorum none\n",
            Optional.empty(),
            Duration.ofSeconds(5),
            List.of(),
            Optional.empty(),
            List.of(),
            new KeyQuorum(1, List.of(TestKey.OPERATOR.verification()))),
        List.of());
  }

  private static String logKey() {
    return KeyPairNoteSigner.of(ORIGIN, TestKey.LOG.pair()).key().vkey();
  }

  static ArtifactClaims claims() {
    return new ArtifactClaims(
        ISSUER,
        "spiffe://writ.example/payroll",
        List.of(ExecAudience.of(AK)),
        DECIDED,
        DECIDED,
        DECIDED.plus(Duration.ofMinutes(5)),
        JTI,
        TestKey.INSTANCE.kid(),
        "acme",
        new Act(
            "exec",
            "/usr/bin/payroll",
            hash("worked example: the arguments"),
            Map.of("amount", 5000L),
            1),
        new Environment(
            AK,
            List.of(new PcrBankSelection(Bank.SHA256, List.of(0, 1, 2, 3, 4, 7))),
            hash("worked example: the PCR values"),
            12,
            3,
            Environment.KeyStorage.TPM),
        new PolicyReference("payroll", 1, POLICY, 1),
        new Governance("alice@acme.example", List.of(), List.of("log:full"), Governance.Mode.DEV),
        Lineage.rootOf(EXECUTION),
        Optional.empty(),
        ORIGIN,
        new Ear(
            DECIDED,
            new Ear.VerifierId("https://writ.example/software", "0.1.0"),
            Map.of(
                "tpm",
                new Ear.Appraisal(
                    Ear.Tier.AFFIRMING,
                    Map.of(
                        Ear.Claim.INSTANCE_IDENTITY, 2,
                        Ear.Claim.CONFIGURATION, 2,
                        Ear.Claim.EXECUTABLES, 2),
                    List.of("payroll"))),
            Optional.of(Base64Url.encode(hash("worked example: the nonce").bytes()))));
  }

  static byte[] signingInput() {
    return Artifact.signingInput(TestKey.ISSUER.kid(), claims());
  }

  static List<Leaf> leaves() {
    Leaf issuer =
        leaf(
            0,
            BIRTH,
            new LeafBody.KeyStatement(
                TestKey.ISSUER.kid(),
                KeyRole.ISSUER,
                KeyAlgorithm.ES256,
                KeyState.ACTIVE,
                Optional.empty()));
    Leaf log =
        leaf(
            1,
            BIRTH,
            new LeafBody.KeyStatement(
                TestKey.LOG.kid(),
                KeyRole.CHECKPOINT,
                KeyAlgorithm.ES256,
                KeyState.ACTIVE,
                Optional.of(logKey())));
    Leaf policy =
        leaf(2, BIRTH, new LeafBody.PolicyInForce(new PolicyReference("payroll", 1, POLICY, 1)));
    Leaf host =
        leaf(
            3,
            BIRTH,
            new LeafBody.Enrolment(
                Commitment.of(salt(0x11), ascii("host-1")),
                Hash.sha256(AK.bytes()),
                hash("worked example: the EK's SubjectPublicKeyInfo")));
    Leaf decision =
        leaf(
            4,
            DECIDED,
            new LeafBody.DecisionAllow(
                JTI,
                Hash.sha256(signingInput()),
                claims().request().digest(),
                hash("worked example: the evidence"),
                POLICY,
                1,
                Commitment.of(salt(0x22), ascii(claims().sub())),
                Commitment.of(salt(0x33), ascii("host-1")),
                Commitment.of(salt(0x44), claims().act().argsDigest().bytes())),
            policy.hash(),
            host.hash());
    return List.of(issuer, log, policy, host, decision);
  }

  private static Leaf leaf(int index, Instant time, LeafBody body, Hash... parents) {
    String millis = time.equals(BIRTH) ? "01a19b0e-c980" : "01a19b45-b800";
    UuidV7 id = UuidV7.parse(millis + "-7000-8000-0000000000f" + index);
    return Leaf.of(time, id, List.of(parents), body);
  }

  static Checkpoint checkpoint() {
    return new Checkpoint(
        ORIGIN, leaves().size(), MerkleTree.root(leaves().stream().map(Leaf::hash).toList()));
  }

  /** The decision is the last of five: its one sibling is the root of the four before it. */
  static InclusionProof inclusion() {
    List<Hash> hashes = leaves().stream().map(Leaf::hash).toList();
    return new InclusionProof(4, 5, List.of(MerkleTree.root(hashes.subList(0, 4))));
  }

  /** Everything that follows from the values above, by file name. */
  static Map<String, byte[]> derived() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("trust.json", trust().toJson());
    files.put("request.json", claims().request().jcs());
    files.put("claims.json", claims().toJson());
    files.put("signing-input.txt", signingInput());
    for (int i = 0; i < leaves().size(); i++) {
      files.put("leaf-" + i + ".json", leaves().get(i).bytes());
    }
    files.put("checkpoint.txt", checkpoint().noteText());
    files.put("digests.txt", ascii(digests()));
    return files;
  }

  private static String digests() {
    StringBuilder text = new StringBuilder();
    line(text, "trust file", trust().digest());
    line(text, "request", claims().request().digest());
    line(text, "artifact", Hash.sha256(signingInput()));
    for (int i = 0; i < leaves().size(); i++) {
      line(text, "leaf " + i, leaves().get(i).hash());
    }
    line(text, "root", checkpoint().root());
    Hash nonce = hash("worked example: the nonce");
    line(
        text,
        "quote's qualifying data",
        EvidenceBinding.qualifyingData(nonce, claims().request().digest(), TestKey.INSTANCE.kid()));
    line(
        text,
        "key certification's qualifying data",
        EvidenceBinding.keyCertification(TestKey.INSTANCE.kid()));
    return text.toString();
  }

  private static void line(StringBuilder text, String name, Hash digest) {
    text.append(digest).append("  ").append(name).append('\n');
  }

  static ProofBundle bundle(byte[] p1363Signature, SignedNote note) {
    return ProofBundle.of(
        Artifact.assemble(signingInput(), p1363Signature),
        leaves().get(4),
        TlogProof.of(inclusion(), note).format());
  }

  /** Writes the example into a folder, signed anew: after a change of a format, and only then. */
  public static void main(String[] args) throws IOException, NoteSigningException {
    Path folder = Files.createDirectories(Path.of(args[0]));
    for (Map.Entry<String, byte[]> file : derived().entrySet()) {
      Files.write(folder.resolve(file.getKey()), file.getValue());
    }
    SignedNote note =
        SignedNote.sign(checkpoint().noteText(), KeyPairNoteSigner.of(ORIGIN, TestKey.LOG.pair()));
    ProofBundle bundle = bundle(TestKey.ISSUER.sign(signingInput()), note);
    Files.write(folder.resolve("bundle.json"), bundle.toJson());
    Files.write(folder.resolve("proof.txt"), bundle.tlogProof().getBytes(StandardCharsets.UTF_8));
    Files.write(folder.resolve("artifact.jws"), ascii(bundle.artifact()));
  }
}
