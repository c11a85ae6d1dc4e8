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
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * One complete example of all formats, from keys, salts, times and identifiers that are written here.
 * Everything but the five ECDSA signatures follows from them; the signatures are kept in the files, and
 * so is the status list as one zlib compressed it, for another may do it otherwise.
 *
 * <p>The ledger of the example has seven entries: 0 the issuer's key, 1 the log's key, 2 the status key,
 * 3 the policy that opens epoch 1, 4 an operator's invitation, 5 the host that brought it, 6 the
 * decision, which comes from 3 and 5. Later come 7 an outcome, 8 the artifact's revocation and 9 a
 * minute's summary, which no checkpoint of the example holds.
 */
final class WorkedExample {
  static final Instant NOW = Instant.parse("2026-11-02T08:01:00Z");

  private static final String ISSUER = "https://writ.example";
  private static final String ORIGIN = "writ.example/log";
  private static final Instant BIRTH = Instant.parse("2026-11-02T07:00:00Z");
  private static final Instant DECIDED = Instant.parse("2026-11-02T08:00:00Z");
  private static final Instant ENDED = Instant.parse("2026-11-02T08:01:00Z");
  private static final UuidV7 JTI = UuidV7.parse("01a19b45-b800-7000-8000-000000000001");
  private static final UuidV7 EXECUTION = UuidV7.parse("01a19b45-b800-7000-8000-000000000002");
  private static final Hash POLICY = hash("worked example: the policy document");
  private static final AkName AK = akName();
  private static final String STATUS_URI = "https://writ.example/status";
  private static final Duration MAX_AGE = Duration.ofMinutes(5);

  /** The decision's place, which is the last that the checkpoint holds. */
  static final int DECISION = 6;

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
    TrustedKey status =
        new TrustedKey(
            TestKey.STATUS.verification(),
            KeyRole.STATUS,
            issuer.nbf(),
            issuer.exp(),
            KeyState.ACTIVE);
    return TrustFile.of(
        new TrustContent(
            ISSUER,
            1,
            Optional.empty(),
            Assurance.DEV,
            List.of(issuer, status),
            "log " + logKey() + "\nquorum none\n",
            Optional.of(new TrustContent.StatusSource(STATUS_URI, MAX_AGE)),
            Duration.ofSeconds(5),
            List.of(hash("worked example: the SubjectPublicKeyInfo of the TLS CA")),
            Optional.empty(),
            List.of(TestKey.GATEWAY.verification()),
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
        Optional.of(new StatusReference(4711, StatusReference.listUri(STATUS_URI, 0))),
        ORIGIN,
        appraisal().embedded());
  }

  /** What was found of the host, by three rules; the artifact says it without these. */
  static Ear appraisal() {
    String pcr = "sha256:" + hash("worked example: PCR 7");
    return new Ear(
        DECIDED,
        new Ear.VerifierId("https://writ.example/software", "0.1.0"),
        Map.of(
            "host",
            new Ear.Appraisal(
                Ear.Tier.AFFIRMING,
                Map.of(
                    Ear.Claim.INSTANCE_IDENTITY, 2,
                    Ear.Claim.CONFIGURATION, 2,
                    Ear.Claim.EXECUTABLES, 2),
                List.of("urn:sha256:" + POLICY),
                Optional.of(Base64Url.encode(hash("worked example: the nonce").bytes())),
                Optional.of(
                    new AppraisedRules(
                        List.of(
                            new AppraisedRule(
                                "clock_safe",
                                Optional.empty(),
                                Ear.Claim.HARDWARE,
                                0,
                                "safe",
                                "safe"),
                            new AppraisedRule(
                                "pcr_bank_live",
                                Optional.of("sha256"),
                                Ear.Claim.EXECUTABLES,
                                2,
                                "at least one PCR that was extended",
                                "extended"),
                            new AppraisedRule(
                                "pcr_reference",
                                Optional.of("sha256:7"),
                                Ear.Claim.CONFIGURATION,
                                2,
                                pcr,
                                pcr)),
                        0)))),
        Optional.empty());
  }

  /** The same by itself: whose word it is, of whom, of which artifact; without an end. */
  static Ear attestationResult() {
    return appraisal()
        .by(
            claims().iss(),
            new AppraisedSubject(
                claims().env().akName(),
                new AppraisedSubject.Decision.Allowed(
                    claims().jkt(), Hash.sha256(signingInput()))));
  }

  /** The result by itself ends with the artifact. */
  static byte[] attestationResultSigningInput() {
    return AttestationResult.signingInput(
        TestKey.ISSUER.kid(), attestationResult().until(claims().exp()));
  }

  /** A script under its interpreter, of which the request of the example does not speak. */
  static ExecBinding execBinding() {
    String script = "/srv/reports/monthly.py";
    return new ExecBinding(
        "/usr/bin/python3.11",
        hash("worked example: the interpreter"),
        Stream.of("/usr/bin/python3.11", "-I", script, "--month", "2026-10")
            .map(Argument::of)
            .toList(),
        "/srv/reports",
        new TreeMap<>(Map.of("LANG", hash("C.UTF-8"), "PATH", hash("/usr/bin:/bin"))),
        List.of(new ExecBinding.BoundFile(script, hash("worked example: the script"))));
  }

  static byte[] signingInput() {
    return Artifact.signingInput(TestKey.ISSUER.kid(), claims());
  }

  /** What the status token says: the state of affairs at the head that holds the decision. */
  static StatusClaims statusClaims() {
    BitSet revoked = new BitSet();
    revoked.set(17);
    return new StatusClaims(
        StatusReference.listUri(STATUS_URI, 0),
        DECIDED,
        DECIDED.plus(MAX_AGE),
        Duration.ofSeconds(60),
        StatusList.of(StatusList.MAX_SIZE, revoked),
        new StatusGovernance(1, 1, POLICY, DECISION + 1, checkpoint().root(), 1));
  }

  static byte[] statusSigningInput() {
    return StatusToken.signingInput(TestKey.STATUS.kid(), statusClaims());
  }

  /** The holder's word on how it ended. */
  static byte[] outcomeSigningInput() {
    return OutcomeStatement.signingInput(
        new OutcomeStatement.Signer.Holder(TestKey.INSTANCE.publicKey()),
        new OutcomeClaims(JTI, Hash.sha256(signingInput()), OutcomeState.OK, ENDED));
  }

  static List<Leaf> leaves() {
    Leaf issuer = leaf(0, BIRTH, key(TestKey.ISSUER, KeyRole.ISSUER));
    Leaf log = leaf(1, BIRTH, key(TestKey.LOG, KeyRole.CHECKPOINT));
    Leaf status = leaf(2, BIRTH, key(TestKey.STATUS, KeyRole.STATUS));
    Leaf policy =
        leaf(3, BIRTH, new LeafBody.PolicyInForce(new PolicyReference("payroll", 1, POLICY, 1)));
    Leaf invitation =
        leaf(
            4,
            BIRTH,
            new LeafBody.Approval(
                ApprovalOf.ENROLMENT,
                Commitment.of(salt(0x55), ascii("host-1")),
                hash("worked example: the invitation's secret"),
                DECIDED),
            policy.hash());
    Leaf host =
        leaf(
            5,
            BIRTH,
            new LeafBody.Enrolment(
                Commitment.of(salt(0x11), ascii("host-1")),
                Hash.sha256(AK.bytes()),
                hash("worked example: the EK's SubjectPublicKeyInfo"),
                Admission.INVITED),
            policy.hash(),
            invitation.hash());
    Leaf decision =
        leaf(
            DECISION,
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
    return List.of(issuer, log, status, policy, invitation, host, decision);
  }

  /** What is recorded after the checkpoint. */
  static List<Leaf> laterLeaves() {
    Hash decision = leaves().get(DECISION).hash();
    return List.of(
        leaf(
            7,
            ENDED,
            new LeafBody.Outcome(
                JTI,
                OutcomeState.OK,
                Reporter.HOLDER,
                TestKey.INSTANCE.kid(),
                Hash.sha256(outcomeSigningInput())),
            decision),
        leaf(8, ENDED, new LeafBody.Revocation(JTI, RevocationReason.SUPERSEDED), decision),
        leaf(
            9,
            ENDED,
            new LeafBody.Summary(
                DECIDED,
                ENDED,
                List.of(
                    new RefusalCount(DenialCode.RUNTIME_INTEGRITY, "challenge_mac", 2),
                    new RefusalCount(DenialCode.UNVERIFIABLE, "body_too_large", 1)))));
  }

  private static LeafBody key(TestKey key, KeyRole role) {
    return new LeafBody.KeyStatement(
        key.kid(),
        role,
        KeyAlgorithm.ES256,
        KeyState.ACTIVE,
        role == KeyRole.CHECKPOINT ? Optional.of(logKey()) : Optional.empty());
  }

  private static Leaf leaf(int index, Instant time, LeafBody body, Hash... parents) {
    String millis =
        time.equals(BIRTH)
            ? "01a19b0e-c980"
            : time.equals(DECIDED) ? "01a19b45-b800" : "01a19b46-a260";
    UuidV7 id = UuidV7.parse(millis + "-7000-8000-0000000000f" + index);
    return Leaf.of(time, id, List.of(parents), body);
  }

  static Checkpoint checkpoint() {
    return new Checkpoint(
        ORIGIN, leaves().size(), MerkleTree.root(leaves().stream().map(Leaf::hash).toList()));
  }

  /** The decision is the last of seven: its path is its neighbours' node, then the first four's. */
  static InclusionProof inclusion() {
    List<Hash> hashes = leaves().stream().map(Leaf::hash).toList();
    return new InclusionProof(
        DECISION,
        hashes.size(),
        List.of(MerkleTree.root(hashes.subList(4, 6)), MerkleTree.root(hashes.subList(0, 4))));
  }

  /** Everything that follows from the values above, by file name. */
  static Map<String, byte[]> derived() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("trust.json", trust().toJson());
    files.put("request.json", claims().request().jcs());
    files.put("exec-binding.json", execBinding().jcs());
    files.put("claims.json", claims().toJson());
    files.put("signing-input.txt", signingInput());
    files.put("ear.json", attestationResult().until(claims().exp()).toJson());
    files.put("outcome-signing-input.txt", outcomeSigningInput());
    for (int i = 0; i < leaves().size() + laterLeaves().size(); i++) {
      files.put("leaf-" + i + ".json", anyLeaf(i).bytes());
    }
    files.put("checkpoint.txt", checkpoint().noteText());
    files.put("digests.txt", ascii(digests()));
    return files;
  }

  private static String digests() {
    StringBuilder text = new StringBuilder();
    line(text, "trust file", trust().digest());
    line(text, "request", claims().request().digest());
    line(text, "exec binding", execBinding().digest());
    line(text, "artifact", Hash.sha256(signingInput()));
    for (int i = 0; i < leaves().size() + laterLeaves().size(); i++) {
      line(text, "leaf " + i, anyLeaf(i).hash());
    }
    line(text, "outcome statement", Hash.sha256(outcomeSigningInput()));
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

  private static Leaf anyLeaf(int index) {
    int held = leaves().size();
    return index < held ? leaves().get(index) : laterLeaves().get(index - held);
  }

  static ProofBundle bundle(byte[] p1363Signature, SignedNote note, StatusToken token) {
    return ProofBundle.of(
        Artifact.assemble(signingInput(), p1363Signature),
        leaves().get(DECISION),
        TlogProof.of(inclusion(), note).format(),
        token);
  }

  /** Writes the example into a folder, signed anew: after a change of a format, and only then. */
  public static void main(String[] args) throws IOException, NoteSigningException {
    Path folder = Files.createDirectories(Path.of(args[0]));
    for (Map.Entry<String, byte[]> file : derived().entrySet()) {
      Files.write(folder.resolve(file.getKey()), file.getValue());
    }
    SignedNote note =
        SignedNote.sign(checkpoint().noteText(), KeyPairNoteSigner.of(ORIGIN, TestKey.LOG.pair()));
    StatusToken token =
        StatusToken.assemble(statusSigningInput(), TestKey.STATUS.sign(statusSigningInput()));
    OutcomeStatement outcome =
        OutcomeStatement.assemble(
            outcomeSigningInput(), TestKey.INSTANCE.sign(outcomeSigningInput()));
    ProofBundle bundle = bundle(TestKey.ISSUER.sign(signingInput()), note, token);
    Files.write(folder.resolve("bundle.json"), bundle.toJson());
    Files.write(folder.resolve("proof.txt"), bundle.tlogProof().getBytes(StandardCharsets.UTF_8));
    Files.write(folder.resolve("artifact.jws"), ascii(bundle.artifact()));
    Files.write(folder.resolve("status-claims.json"), Jcs.canonical(statusClaims().toMap()));
    Files.write(folder.resolve("status.jws"), ascii(token.compact()));
    Files.write(folder.resolve("outcome.jws"), ascii(outcome.compact()));
    byte[] result = attestationResultSigningInput();
    Files.write(
        folder.resolve("ear.jws"),
        ascii(AttestationResult.assemble(result, TestKey.ISSUER.sign(result)).compact()));
  }
}
