// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Ear;
import dev.writ.artifact.LeafBody;
import dev.writ.policy.BootReference;
import dev.writ.policy.BootReference.Effect;
import dev.writ.policy.ReferenceSet;
import dev.writ.tlog.Hash;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Decisions that look at a host's boot log, under a policy without a golden value. */
final class BootLogIssuanceTest {
  private static final int EV_NO_ACTION = 3;
  private static final int EV_SEPARATOR = 4;
  private static final int EV_S_CRTM_VERSION = 8;
  private static final int EV_EFI_BOOT_SERVICES_APPLICATION = 0x8000_0003;
  private static final int EV_EFI_ACTION = 0x8000_0007;
  private static final String CALLING = "Calling EFI Application from Boot Option";
  private static final String FIRMWARE = "firmware";
  private static final String SEPARATOR = "\0\0\0\0";

  private static ServiceToken token;

  @TempDir private Path folder;
  private Deployment deployment;

  @BeforeAll
  static void makeToken() throws Exception {
    token = ServiceToken.create();
  }

  @AfterAll
  static void removeToken() throws Exception {
    token.close();
  }

  @BeforeEach
  void make() {
    deployment = new Deployment(token, folder);
  }

  @AfterEach
  void stop() {
    deployment.close();
  }

  /** PCR 0 must be explained, whatever it is. */
  private SoftwareHost enrolledUnder(Effect effect) throws Exception {
    return enrolledUnder(effect, Optional.empty());
  }

  private SoftwareHost enrolledUnder(
      Effect effect, Optional<Map<ReferenceSet.Bank, Set<String>>> applications) throws Exception {
    BootReference boot =
        new BootReference(
            Set.of(0),
            false,
            Set.of(),
            Optional.empty(),
            Optional.empty(),
            applications,
            Optional.empty(),
            effect);
    ReferenceSet set =
        new ReferenceSet(
            "any-firmware",
            "",
            Set.of(ReferenceSet.ANY_HOST),
            Map.of(),
            Optional.of(boot),
            Optional.empty());
    deployment.policy(policy -> policy.referenceSets(List.of(set)));
    SoftwareHost host = enrolled();
    // Its firmware was measured as it was made.
    assertThat(BootLog.EVENTS.get(0)).isEqualTo(FIRMWARE);
    host.extend(0, SEPARATOR);
    return host;
  }

  private SoftwareHost enrolled() throws Exception {
    SoftwareHost host = deployment.host("host-a");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    return host;
  }

  /** TCG PC Client Platform Firmware Profile, 10.2 and 10.4.5. */
  private static byte[] log(String... eventsOfPcr0) {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    ByteBuffer head = ByteBuffer.allocate(4 + 4 + 20 + 4).order(ByteOrder.LITTLE_ENDIAN);
    byte[] specId =
        ByteBuffer.allocate(33)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put("Spec ID Event03\0".getBytes(UTF_8))
            .putInt(0)
            .put(new byte[] {0, 2, 0, 2})
            .putInt(1)
            .putShort((short) 0x000b)
            .putShort((short) 32)
            .array();
    log.writeBytes(
        head.putInt(0).putInt(EV_NO_ACTION).put(new byte[20]).putInt(specId.length).array());
    log.writeBytes(specId);
    for (String event : eventsOfPcr0) {
      int type = event.equals(SEPARATOR) ? EV_SEPARATOR : EV_S_CRTM_VERSION;
      log.writeBytes(event(0, type, event, event.getBytes(UTF_8)));
    }
    return log.toByteArray();
  }

  private static byte[] event(int pcr, int type, String measured, byte[] data) {
    return ByteBuffer.allocate(4 + 4 + 4 + 2 + 32 + 4 + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(pcr)
        .putInt(type)
        .putInt(1)
        .putShort((short) 0x000b)
        .put(Hash.sha256(measured.getBytes(UTF_8)).bytes())
        .putInt(data.length)
        .put(data)
        .array();
  }

  /** The host boots that many images, and logs that each was found at this device path. */
  private static void boot(SoftwareHost host, int images, byte[] path) {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    log.writeBytes(log(FIRMWARE, SEPARATOR));
    log.writeBytes(event(4, EV_EFI_ACTION, CALLING, CALLING.getBytes(UTF_8)));
    log.writeBytes(event(4, EV_SEPARATOR, SEPARATOR, SEPARATOR.getBytes(UTF_8)));
    host.extend(4, CALLING);
    host.extend(4, SEPARATOR);
    byte[] image =
        ByteBuffer.allocate(32 + path.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(24, path.length)
            .position(32)
            .put(path)
            .array();
    for (int i = 0; i < images; i++) {
      log.writeBytes(event(4, EV_EFI_BOOT_SERVICES_APPLICATION, "image " + i, image));
      host.extend(4, "image " + i);
    }
    host.show(log.toByteArray());
  }

  /** Three nodes of a file's path (UEFI 2.10, 10.3.5.4), of as many characters as they take. */
  private static byte[] longPath() {
    byte[] name = "\u4e2d".repeat(30_000).getBytes(UTF_16LE);
    ByteArrayOutputStream path = new ByteArrayOutputStream();
    for (int i = 0; i < 3; i++) {
      path.writeBytes(
          ByteBuffer.allocate(4)
              .order(ByteOrder.LITTLE_ENDIAN)
              .put(new byte[] {4, 4})
              .putShort((short) (4 + name.length))
              .array());
      path.writeBytes(name);
    }
    return path.toByteArray();
  }

  /** What is kept of a denial that holds, whose nonce is spent. */
  private String deniedOnce(SoftwareHost host, DenialCode code) throws Exception {
    Application application = host.answer(deployment.challenge(host), Deployment.request(host));
    long before = deployment.leaves();

    Deployment.denial(code, deployment.issue(application));

    assertThat(deployment.leaves()).isEqualTo(before + 1);
    assertThat(deployment.lastLeaf().body()).isInstanceOf(LeafBody.DecisionDeny.class);
    String payload = lastPayload();
    assertThat(payload.length()).isLessThan(256 * 1024);
    Deployment.denial(DenialCode.REPLAYED, deployment.issue(application));
    return payload;
  }

  private String lastPayload() throws Exception {
    return new String(
        deployment.service().ledger().payload(deployment.leaves() - 1).orElseThrow(), UTF_8);
  }

  @Test
  void log_thatTheQuoteBearsOut_isGranted() throws Exception {
    SoftwareHost host = enrolledUnder(Effect.REFUSE);
    host.show(log(FIRMWARE, SEPARATOR));

    IssuanceOutcome outcome = deployment.attest(host);

    assertThat(Deployment.claims(outcome).env().pcrs().get(0).selection()).containsExactly(0);
    Ear.Appraisal appraisal =
        Objects.requireNonNull(Deployment.claims(outcome).ear().submods().get("host"));
    assertThat(appraisal.vector()).containsEntry(Ear.Claim.EXECUTABLES, 2);
    assertThat(lastPayload())
        .contains("\"boot_log_holds\":\"affirming\"")
        .contains("\"pcr_matches_log:sha256:0\":\"affirming\"")
        .contains("\"pcrs_match\":true")
        .contains("\"reference_set\":\"any-firmware\"");
  }

  @Test
  void imagesWhosePathsFillTheLog_areADenialThatHolds() throws Exception {
    SoftwareHost host = enrolledUnder(Effect.REFUSE, Optional.of(Map.of()));
    boot(host, 5, longPath());

    assertThat(deniedOnce(host, DenialCode.ENVIRONMENT_UNTRUSTED))
        .contains("\"boot_application:boot application 5\"");
  }

  @Test
  void inputsBeyondTheirBounds_areADenialThatHoldsWithTheirDigest() throws Exception {
    SoftwareHost host = enrolledUnder(Effect.REFUSE, Optional.of(Map.of()));
    boot(host, 4_000, new byte[0]);

    assertThat(deniedOnce(host, DenialCode.POLICY_DENIED))
        .contains("\"inputs_digest\":\"")
        .doesNotContain("\"inputs\":{");
  }

  /** The log itself is not kept with each decision, and the leaf's digest is of what is. */
  @Test
  void log_ofADecision_isNamedByItsDigest() throws Exception {
    SoftwareHost host = enrolledUnder(Effect.REFUSE);
    host.show(log(FIRMWARE, SEPARATOR));

    Application application = host.answer(deployment.challenge(host), Deployment.request(host));
    assertThat(deployment.issue(application)).isInstanceOf(IssuanceOutcome.Issued.class);

    LeafBody.DecisionAllow leaf = (LeafBody.DecisionAllow) deployment.lastLeaf().body();
    assertThat(leaf.evidenceDigest())
        .isEqualTo(Hash.sha256(application.evidence().kept()))
        .isNotEqualTo(Hash.sha256(application.evidence().bytes()));
    assertThat(lastPayload())
        .contains(
            Base64.getUrlEncoder().withoutPadding().encodeToString(application.evidence().kept()));
  }

  @Test
  void log_thatIsMissing_isDenied() throws Exception {
    SoftwareHost host = enrolledUnder(Effect.REFUSE);

    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(host));
    assertThat(lastPayload())
        .contains("\"boot_log_given\":\"contraindicated\"")
        .contains("\"pcrs_match\":false");
  }

  @Test
  void case69_logThatIsLongerThanTheQuotedState_isDeniedAsThat() throws Exception {
    SoftwareHost host = enrolledUnder(Effect.REFUSE);
    host.show(log(FIRMWARE, SEPARATOR, "what is not in the PCR"));

    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(host));
    assertThat(lastPayload())
        .contains("\"pcr_unexplained_extend:sha256:0\":\"contraindicated\"")
        .contains("\"pcrs_match\":false");
  }

  @Test
  void pcrThatTheLogDoesNotExplain_whereItIsAWarning_isShownToTheRules() throws Exception {
    SoftwareHost host = enrolledUnder(Effect.WARN);
    host.show(log(FIRMWARE, SEPARATOR));
    host.extend(0, "an option ROM that nobody logged");

    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    assertThat(lastPayload()).contains("\"pcr_log_mismatch:sha256:0\":\"warning\"");
  }

  @Test
  void pcrThatTheLogDoesNotExplain_isDenied() throws Exception {
    SoftwareHost host = enrolledUnder(Effect.REFUSE);
    host.show(log(FIRMWARE, SEPARATOR));
    host.extend(0, "an option ROM that nobody logged");

    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(host));
    assertThat(lastPayload()).contains("\"pcr_log_mismatch:sha256:0\":\"contraindicated\"");
  }

  /** A log that was made up for other events. */
  @Test
  void log_ofAnotherBoot_isDenied() throws Exception {
    SoftwareHost host = enrolledUnder(Effect.REFUSE);
    host.show(log("firmware 2", SEPARATOR));

    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(host));
    assertThat(lastPayload()).contains("\"pcr_log_mismatch:sha256:0\":\"contraindicated\"");
  }

  @Test
  void case01_logCutShort_isEvidenceThatDoesNotHold() throws Exception {
    SoftwareHost host = enrolledUnder(Effect.REFUSE);
    byte[] whole = log(FIRMWARE, SEPARATOR);
    host.show(Arrays.copyOf(whole, whole.length - 1));

    Denial denial = Deployment.denial(DenialCode.RUNTIME_INTEGRITY, deployment.attest(host));
    assertThat(denial.reason()).isEqualTo("evidence_malformed");
    assertThat(deployment.lastLeaf().body()).isInstanceOf(LeafBody.DecisionDeny.class);
  }

  @Test
  void log_ofWhichThePolicySaysNothing_isNotRead() throws Exception {
    SoftwareHost host = enrolled();
    host.show(new byte[] {1, 2, 3});

    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    assertThat(lastPayload()).doesNotContain("boot_log");
  }
}
