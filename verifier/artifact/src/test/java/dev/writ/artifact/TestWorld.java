// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.artifact.Ear.Appraisal;
import dev.writ.artifact.Ear.Claim;
import dev.writ.artifact.Ear.Tier;
import dev.writ.artifact.PcrBankSelection.Bank;
import dev.writ.artifact.TrustContent.Assurance;
import dev.writ.tlog.Hash;
import dev.writ.tlog.KeyPairNoteSigner;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** One issuer, its log, one host and one workload: the values that every test starts from. */
final class TestWorld {
  static final String ISSUER = "https://writ.example";
  static final String ORIGIN = "writ.example/log";
  static final Instant NOW = Instant.parse("2026-11-02T08:00:30Z");
  static final Instant MADE = Instant.parse("2026-11-02T08:00:00Z");
  static final Duration LIFETIME = Duration.ofMinutes(5);
  static final UuidV7 JTI = UuidV7.parse("019a4315-7d00-7aaa-8bbb-0123456789ab");
  static final UuidV7 EXECUTION = UuidV7.parse("019a4315-7d01-7ccc-9ddd-0123456789ab");
  static final UuidV7 PARENT = UuidV7.parse("019a4315-0001-7111-8222-0123456789ab");
  static final UuidV7 ROOT = UuidV7.parse("019a4315-0000-7111-8222-0123456789ab");
  static final UuidV7 LEAF_ID = UuidV7.parse("019a4315-7d02-7eee-afff-0123456789ab");
  static final AkName AK = AkName.of(prefixed(0x000b, hash("attestation key").bytes()));
  static final AkName OTHER_AK = AkName.of(prefixed(0x000b, hash("other key").bytes()));

  private TestWorld() {}

  /** A digest that stands for {@code what}. */
  static Hash hash(String what) {
    return Hash.sha256(what.getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] prefixed(int algorithm, byte[] digest) {
    byte[] name = new byte[2 + digest.length];
    name[0] = (byte) (algorithm >> 8);
    name[1] = (byte) algorithm;
    System.arraycopy(digest, 0, name, 2, digest.length);
    return name;
  }

  static Act act() {
    return new Act("exec", "/usr/bin/payroll", hash("arguments"), Map.of("amount", 5000L), 1);
  }

  static ArtifactClaims claims() {
    return new ArtifactClaims(
        ISSUER,
        "spiffe://writ.example/payroll",
        List.of(ExecAudience.of(AK)),
        MADE,
        MADE,
        MADE.plus(LIFETIME),
        JTI,
        TestKey.INSTANCE.kid(),
        "acme",
        act(),
        environment(),
        new PolicyReference("payroll", 3, hash("policy"), 7),
        new Governance(
            "alice@acme.example", List.of("change-4711"), List.of("log:full"), Governance.Mode.DEV),
        new Lineage(EXECUTION, Optional.of(PARENT), ROOT, 1),
        Optional.empty(),
        ORIGIN,
        ear());
  }

  static Environment environment() {
    return new Environment(
        AK,
        List.of(new PcrBankSelection(Bank.SHA256, List.of(0, 2, 4, 7))),
        hash("pcrs"),
        12,
        3,
        Environment.KeyStorage.TPM);
  }

  static Ear ear() {
    return new Ear(
        MADE,
        new Ear.VerifierId("https://writ.example/software", "0.1.0"),
        Map.of(
            "tpm",
            new Appraisal(
                Tier.AFFIRMING,
                Map.of(Claim.INSTANCE_IDENTITY, 2, Claim.EXECUTABLES, 2),
                List.of("payroll"))),
        Optional.of(Base64Url.encode(hash("nonce").bytes())));
  }

  /** What a Relying Party that runs the workload on its host demands. */
  static Presentation presentation() {
    return Presentation.NOTHING
        .withAudience(new Presentation.Audience.ExecutionHere(hostState()))
        .withTenant("acme")
        .withAction(
            new ActionAtHand(
                "exec", "/usr/bin/payroll", hash("arguments"), Map.of("amount", 4999L)))
        .withObligations(Set.of("log", "notify"))
        .withParent(PARENT);
  }

  static HostState hostState() {
    Environment env = environment();
    return new HostState(
        env.akName(), env.pcrs(), env.digest(), env.resetCount(), env.restartCount());
  }

  static TrustContent devTrust() {
    return new TrustContent(
        ISSUER,
        1,
        Optional.empty(),
        Assurance.DEV,
        List.of(issuerKey(TestKey.ISSUER, KeyState.ACTIVE)),
        logPolicy(),
        Optional.empty(),
        Duration.ofSeconds(5),
        List.of(hash("tls")),
        Optional.empty(),
        List.of(),
        new KeyQuorum(1, List.of(TestKey.OPERATOR.verification())));
  }

  /** The same, under which a bundle needs a status token. */
  static TrustContent statusTrust() {
    return TrustContents.status(
        TrustContents.keys(
            devTrust(),
            List.of(
                issuerKey(TestKey.ISSUER, KeyState.ACTIVE),
                statusKey(TestKey.STATUS, KeyState.ACTIVE))),
        TrustContents.STATUS);
  }

  static TrustedKey statusKey(TestKey key, KeyState state) {
    TrustedKey issuer = issuerKey(key, state);
    return new TrustedKey(issuer.key(), KeyRole.STATUS, issuer.nbf(), issuer.exp(), state);
  }

  static TrustedKey issuerKey(TestKey key, KeyState state) {
    return new TrustedKey(
        key.verification(),
        KeyRole.ISSUER,
        Instant.parse("2026-11-01T00:00:00Z"),
        Instant.parse("2027-11-01T00:00:00Z"),
        state);
  }

  static TrustedKey compromisedKey(TestKey key, OptionalLong fromIndex) {
    TrustedKey issuer = issuerKey(key, KeyState.COMPROMISED);
    return new TrustedKey(
        issuer.key(), issuer.role(), issuer.nbf(), issuer.exp(), issuer.state(), fromIndex);
  }

  static String logPolicy() {
    String vkey = KeyPairNoteSigner.of(ORIGIN, TestKey.LOG.pair()).key().vkey();
    return "log " + vkey + "\nquorum none\n";
  }

  static TrustFile trust(TrustContent content) {
    return TrustFile.of(content, List.of());
  }
}
