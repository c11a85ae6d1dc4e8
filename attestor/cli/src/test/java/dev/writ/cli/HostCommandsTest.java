// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.agent.Attester;
import dev.writ.agent.StateFolder;
import dev.writ.artifact.Act;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.Verdict;
import dev.writ.tpm.Tpm;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code writ enrol}, {@code writ attest} and {@code writ revoke} against a {@code writ serve} in a
 * process of its own, with simulated TPMs.
 */
class HostCommandsTest {
  private static RunningService running;

  @TempDir Path folder;

  @BeforeAll
  static void start() throws Exception {
    running = RunningService.start();
    assertThat(enrolByInvitation().status()).isEqualTo(ExitStatus.DONE);
    assertThat(enrolAsListed(running.service().url()).status()).isEqualTo(ExitStatus.DONE);
  }

  @AfterAll
  static void stop() throws Exception {
    running.close();
  }

  private static Invocation enrolByInvitation() {
    Path invitation = running.folder().resolve("invitation.json");
    Invocation invited = invite("host-a", invitation);
    assertThat(invited.status()).as(invited.err()).isEqualTo(ExitStatus.DONE);
    assertThat(invited.out()).contains("host-a").doesNotContain("secret");
    return Invocation.of(
        "enrol",
        "--invitation",
        invitation,
        "--service",
        running.service().url(),
        "--trust",
        running.service().trustFile(),
        "--state",
        running.hostA().state(),
        "--tpm",
        running.hostA().tcti());
  }

  private static Invocation enrolAsListed(Object service) {
    return Invocation.of(
        "enrol",
        "--host",
        "host-b",
        "--service",
        service,
        "--trust",
        running.service().trustFile(),
        "--state",
        running.hostB().state(),
        "--tpm",
        running.hostB().tcti());
  }

  private static Invocation invite(String name, Path out) {
    return Invocation.of(
        "enrol", "--invite", name, "--socket", running.service().socket(), "--out", out);
  }

  @Test
  void invite_newFile_isItsOwnersAlone() throws Exception {
    Path invitation = folder.resolve("invitation.json");
    assertThat(invite("host-x", invitation).status()).isEqualTo(ExitStatus.DONE);
    assertThat(Files.getPosixFilePermissions(invitation))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  /** It would cost the name's invitation to find that out afterwards. */
  @Test
  void invite_fileThatExists_isFoundBeforeTheServiceIsAsked() throws Exception {
    Path taken = Files.writeString(folder.resolve("taken"), "mine");
    assertThat(invite("host-y", taken).status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(Files.readString(taken)).isEqualTo("mine");
    assertThat(invite("host-y", folder.resolve("free")).status()).isEqualTo(ExitStatus.DONE);
  }

  @Test
  void invite_nameThatAHostHas_isDenied() {
    Invocation denied = invite("host-a", folder.resolve("invitation.json"));
    assertThat(denied.status()).as(denied.err()).isEqualTo(ExitStatus.DENIED);
    assertThat(denied.err()).startsWith("writ: denied: ").hasLineCount(1);
    assertThat(folder.resolve("invitation.json")).doesNotExist();
  }

  @Test
  void invite_overAPipe_printsTheFile() {
    Invocation invited = invite("host-z", Path.of("-"));
    assertThat(invited.out()).startsWith("{\"expires\":").contains("\"secret\":\"");
  }

  @Test
  void invite_noSocket_isUnreachable() {
    Invocation nobody =
        Invocation.of(
            "enrol",
            "--invite",
            "host-z",
            "--socket",
            folder.resolve("none"),
            "--out",
            folder.resolve("file"));
    assertThat(nobody.status()).isEqualTo(ExitStatus.UNREACHABLE);
    assertThat(nobody.err()).contains(folder.resolve("none").toString()).hasLineCount(1);
  }

  @Test
  void enrol_spentInvitation_isDenied() {
    Invocation again =
        Invocation.of(
            "enrol",
            "--invitation",
            running.folder().resolve("invitation.json"),
            "--service",
            running.service().url(),
            "--trust",
            running.service().trustFile(),
            "--state",
            running.hostA().state(),
            "--tpm",
            running.hostA().tcti(),
            "-o",
            "json");
    assertThat(again.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(again.out())
        .startsWith("{\"granted\":false,\"code\":\"environment_untrusted\",\"reason\":\"");
  }

  @Test
  void enrol_invitationThatOthersCanRead_isRefused() throws Exception {
    Path open = folder.resolve("open.json");
    assertThat(invite("host-open", open).status()).isEqualTo(ExitStatus.DONE);
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
    Invocation refused =
        Invocation.of(
            "enrol",
            "--invitation",
            open,
            "--service",
            running.service().url(),
            "--trust",
            running.service().trustFile(),
            "--state",
            folder);
    assertThat(refused.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(refused.err()).contains("chmod 600").hasLineCount(1);
  }

  @Test
  void enrol_bothSidesOrNone_isAUsageError() {
    assertThat(Invocation.of("enrol").status()).isEqualTo(ExitStatus.USAGE);
    assertThat(
            Invocation.of(
                    "enrol",
                    "--invite",
                    "a",
                    "--socket",
                    "s",
                    "--out",
                    "o",
                    "--host",
                    "b",
                    "--service",
                    "http://127.0.0.1:1",
                    "--trust",
                    "t",
                    "--state",
                    "d")
                .status())
        .isEqualTo(ExitStatus.USAGE);
    assertThat(
            Invocation.of("enrol", "--invite", "a", "--socket", "s", "--out", "o", "--valid", "1w")
                .status())
        .isEqualTo(ExitStatus.USAGE);
  }

  /** Whoever believes the file that {@code keys init} wrote can verify it with any library. */
  @Test
  void enrol_host_keepsItsAttestationKeysCertificate() throws Exception {
    Path file = running.hostA().state().resolve("ak-certificate.pem");
    try (InputStream pem = Files.newInputStream(file)) {
      List<? extends Certificate> chain =
          List.copyOf(CertificateFactory.getInstance("X.509").generateCertificates(pem));
      assertThat(chain).hasSize(2);
      X509Certificate certificate = (X509Certificate) chain.get(0);
      certificate.verify(chain.get(1).getPublicKey());
      assertThat(certificate.getExtendedKeyUsage()).containsExactly("2.23.133.8.3");
      assertThat(((X509Certificate) chain.get(1)).getSubjectX500Principal().getName())
          .isEqualTo("CN=writ-ak-ca");
    }
  }

  @Test
  void attest_enrolledHost_printsABundleThatVerifies() throws Exception {
    Invocation attest = attest(running.hostA(), running.service().url(), "a");
    assertThat(attest.status()).as(attest.err()).isEqualTo(ExitStatus.DONE);
    Path bundle = Files.writeString(folder.resolve("bundle.json"), attest.out().strip());
    Invocation verify = Invocation.of("verify", bundle, "--trust", running.service().trustFile());
    assertThat(verify.status()).as(verify.out()).isEqualTo(ExitStatus.DONE);
  }

  @Test
  void attest_withEar_writesAResultThatVerifies() throws Exception {
    Path ear = folder.resolve("ear.jwt");
    Invocation attest =
        attest(running.hostA(), running.service().url(), "a", "--ear", ear.toString());
    assertThat(attest.status()).as(attest.err()).isEqualTo(ExitStatus.DONE);
    assertThat(attest.out()).contains("\"mediaType\"");
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.endsWith(".tmp"));
    }
    Path bundle = Files.writeString(folder.resolve("of-ear.json"), attest.out().strip());
    Invocation verify =
        Invocation.of(
            "verify", "--ear", ear, "--bundle", bundle, "--trust", running.service().trustFile());
    assertThat(verify.status()).as(verify.out()).isEqualTo(ExitStatus.DONE);
    assertThat(verify.out())
        .containsPattern("(?m)^host is [a-z]+ \\{")
        .containsPattern("(?m)^affirming +pcr_reference +sha256:7: sha256:[0-9a-f]{64}.*; sha256:");
  }

  @Test
  void attest_earWhereNothingCanBeWritten_asksForNothing() throws Exception {
    Invocation attest =
        attest(
            running.hostA(),
            running.service().url(),
            "a",
            "--ear",
            folder.resolve("none").resolve("ear.jwt").toString());
    assertThat(attest.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(attest.out()).isEmpty();
    assertThat(attest.err()).startsWith("writ: --ear: ");
  }

  /** The certificate is the token's, for localhost; the trust file pins the key that issued it. */
  @Test
  void attest_overTls_believesThePinnedKeyAlone() throws Exception {
    String url = running.place("tls").replace("127.0.0.1", "localhost");
    assertThat(url).startsWith("https://localhost:");
    Invocation attest = attest(running.hostA(), url, "a");
    assertThat(attest.status()).as(attest.err()).isEqualTo(ExitStatus.DONE);
    Invocation otherName = attest(running.hostA(), running.place("tls"), "a");
    assertThat(otherName.status()).isEqualTo(ExitStatus.UNREACHABLE);
    Invocation noTls =
        attest(running.hostA(), running.service().url().toString().replace("http:", "https:"), "a");
    assertThat(noTls.status()).isEqualTo(ExitStatus.UNREACHABLE);
  }

  @Test
  void attest_workloadOfAnotherHost_isDeniedWithCodeAndReason() throws Exception {
    Invocation attest = attest(running.hostA(), running.service().url(), "b", "-o", "json");
    assertThat(attest.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(attest.out()).startsWith("{\"granted\":false,\"code\":\"policy_denied\"");
    assertThat(attest.err())
        .startsWith("writ: denied: policy_denied: ")
        .contains("an operator sees why with: writ explain ")
        .hasLineCount(2);
  }

  @Test
  void attest_nobodyThere_isUnreachable() throws Exception {
    Invocation attest = attest(running.hostA(), "http://127.0.0.1:1", "a");
    assertThat(attest.status()).isEqualTo(ExitStatus.UNREACHABLE);
    assertThat(attest.err()).hasLineCount(1);
  }

  @Test
  void attest_plainHttpElsewhere_isAConfigurationError() throws Exception {
    assertPlainHttpRefused(attest(running.hostA(), "http://192.0.2.1:80", "a"));
  }

  @Test
  void enrol_plainHttpElsewhere_isAConfigurationError() throws Exception {
    assertPlainHttpRefused(enrolAsListed("http://192.0.2.1:80"));
  }

  private static void assertPlainHttpRefused(Invocation invocation) {
    assertThat(invocation.status()).as(invocation.err()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(invocation.err())
        .startsWith("writ: --service: plain HTTP is for loopback addresses only, and 192.0.2.1 ")
        .hasLineCount(1);
  }

  @Test
  void attest_noTpm_isAConfigurationErrorInOneSentence() throws Exception {
    Invocation attest =
        Invocation.of(
            "attest",
            "--service",
            running.service().url(),
            "--trust",
            running.service().trustFile(),
            "--state",
            folder.resolve("state"),
            "--tpm",
            "swtpm:path=" + folder.resolve("none"),
            "--request",
            RunningService.request(folder, "a"));
    assertThat(attest.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(attest.err()).startsWith("writ: ").doesNotContain("bug");
  }

  @Test
  void attest_requestThatIsNone_isAConfigurationError() throws Exception {
    Path request = Files.writeString(folder.resolve("request.json"), "{\"v\":1,\"aud\":[]}");
    Invocation attest =
        Invocation.of(
            "attest",
            "--service",
            running.service().url(),
            "--trust",
            running.service().trustFile(),
            "--state",
            running.hostA().state(),
            "--request",
            request);
    assertThat(attest.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(attest.err()).startsWith("writ: the request " + request).hasLineCount(1);
  }

  @Test
  void revoke_artifact_isWithdrawnOnce() throws Exception {
    Invocation attest = attest(running.hostB(), running.service().url(), "b");
    assertThat(attest.status()).as(attest.err()).isEqualTo(ExitStatus.DONE);
    ProofBundle bundle = ProofBundle.parse(attest.out().strip().getBytes(StandardCharsets.UTF_8));
    String jti = Artifact.parse(bundle.artifact()).claims().jti().toString();
    Invocation explained = Invocation.of("explain", jti, "--socket", running.service().socket());
    assertThat(explained.status()).as(explained.err()).isEqualTo(ExitStatus.DONE);
    assertThat(explained.out())
        .contains("host              host-b\n")
        .contains("verdict           allow\n")
        .contains("what changed is not known: the evidence has no boot log\n")
        .contains("affirming        pcr_reference sha256:0: expected sha256:");
    Invocation revoked = revoke(jti, "superseded");
    assertThat(revoked.status()).as(revoked.err()).isEqualTo(ExitStatus.DONE);
    assertThat(revoked.out()).contains(jti).contains("leaf_index");
    Invocation again = revoke(jti, "superseded");
    assertThat(again.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(again.err()).contains("already_revoked");
  }

  private static ProofBundle issued(Attester holder, String resource) throws Exception {
    ExecutionRequest usual = Demo.request("b");
    Act act = new Act("exec", resource, usual.act().argsDigest(), Map.of(), 2);
    return DeniedException.granted(
        holder.attest(
            new ExecutionRequest(
                usual.iss(),
                usual.aud(),
                usual.tenant(),
                usual.sub(),
                act,
                Optional.empty(),
                usual.jkt())));
  }

  @Test
  void gateway_sendsTheCallWhereThePolicyReroutesIt_orNowhere() throws Exception {
    SecureRandom random = new SecureRandom();
    try (LoopbackUpstream usual = LoopbackUpstream.named("usual");
        LoopbackUpstream blue = LoopbackUpstream.named("blue");
        Tpm tpm = Tpm.open(running.hostB().tcti());
        Attester holder =
            Attester.open(
                tpm,
                StateFolder.make(running.hostB().state()).instanceKey(),
                running.service().endpoint(),
                random)) {
      TrustFile trust = running.service().trust();
      DemoGateway gateway = gateway(trust, new Upstreams(usual.uri(), Map.of("blue", blue.uri())));
      ProofBundle plain = issued(holder, "/usr/bin/true");
      ProofBundle rerouted = issued(holder, RunningService.REROUTED);
      Artifact artifact = Artifact.parse(rerouted.artifact());
      assertThat(artifact.claims().gov().obligations()).containsExactly("reroute:blue");

      assertThat(gateway.forward("/a", plain, Artifact.parse(plain.artifact()), holder).answer())
          .contains("usual /a");
      assertThat(gateway.forward("/b", rerouted, artifact, holder).answer()).contains("blue /b");

      DemoGateway green = gateway(trust, new Upstreams(usual.uri(), Map.of("green", blue.uri())));
      DemoGateway knowsNone = new DemoGateway(trust, Clock.systemUTC(), random);
      for (DemoGateway other : List.of(green, knowsNone)) {
        DemoGateway.Call call = other.forward("/c", rerouted, artifact, holder);
        assertThat(call.answer()).isEmpty();
        assertThat(call.verdict())
            .isInstanceOfSatisfying(
                Verdict.Denied.class,
                denied -> assertThat(denied.code()).isEqualTo(DenialCode.RUNTIME_CONDITION));
      }
    }
  }

  private static DemoGateway gateway(TrustFile trust, Upstreams upstreams) {
    return new DemoGateway(trust, Clock.systemUTC(), new SecureRandom(), Optional.of(upstreams));
  }

  @Test
  void revoke_unknownArtifact_isDenied() {
    Invocation unknown = revoke("01a1fd02-e0d5-7ce6-ad7a-8fc0be151149", "unspecified");
    assertThat(unknown.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(unknown.err()).contains("artifact_unknown");
    Invocation explained =
        Invocation.of(
            "explain",
            "01a1fd02-e0d5-7ce6-ad7a-8fc0be151149",
            "--socket",
            running.service().socket());
    assertThat(explained.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(explained.err()).contains("not_found");
    Invocation learned =
        Invocation.of("policy", "learn", "host-b", "--socket", running.service().socket());
    assertThat(learned.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(learned.err()).contains("a boot log of the host must be kept, and none is");
  }

  @Test
  void revoke_wrongWords_areUsageErrors() {
    assertThat(revoke("no-jti", "superseded").status()).isEqualTo(ExitStatus.USAGE);
    assertThat(revoke("01a1fd02-e0d5-7ce6-ad7a-8fc0be151149", "because").status())
        .isEqualTo(ExitStatus.USAGE);
  }

  private static Invocation revoke(String jti, String reason) {
    return Invocation.of("revoke", jti, "--reason", reason, "--socket", running.service().socket());
  }

  private Invocation attest(DemoHost host, Object service, String worker, Object... more)
      throws IOException {
    return running.attest(host, service, RunningService.request(folder, worker), more);
  }

  @Test
  void ledger_overTheServicesTls_isAuditedByWhoeverHasTheTrustFile() throws Exception {
    Path trust = running.service().trustFile();
    String tls = running.place("tls").replace("127.0.0.1", "localhost") + "/ledger";
    Invocation verified = Invocation.of("ledger", "verify", tls, "--trust", trust, "--leaves");
    assertThat(verified.status()).as(verified.err() + verified.out()).isEqualTo(ExitStatus.DONE);
    Invocation checked = Invocation.of("ledger", "check", tls, "--trust", trust);
    assertThat(checked.status()).as(checked.err()).isEqualTo(ExitStatus.DONE);
    Path state = folder.resolve("monitor.json");
    Invocation followed =
        Invocation.of("ledger", "monitor", tls, "--trust", trust, "--state", state, "--once");
    assertThat(followed.status()).as(followed.out()).isEqualTo(ExitStatus.DONE);
    assertThat(followed.out()).contains("alarms=0");
    String vkey = TrustFile.parse(Files.readAllBytes(trust)).logPolicy().logs().get(0).key().vkey();
    Invocation unpinned = Invocation.of("ledger", "verify", tls, "--log", vkey);
    assertThat(unpinned.status()).as(unpinned.err()).isEqualTo(ExitStatus.UNREACHABLE);
    String plain = running.service().url() + "/ledger";
    assertThat(Invocation.of("ledger", "verify", plain, "--log", vkey).status())
        .isEqualTo(ExitStatus.DONE);
  }

  @Nested
  class Past extends PastDecisionsTest {
    Past() {
      super(running);
    }
  }

  @Nested
  class Approvals extends ApprovedRequestsTest {
    Approvals() {
      super(running);
    }
  }

  /** What an auditor gets of all that was decided above. */
  @Nested
  class Packs extends PackForgeryTest {
    Packs() {
      super(running);
    }
  }
}
